"""The command line; one file a command, each imports what it needs when it runs. Only this folder uses click.

May import: claims, data, gate, laws, plugins, records, reporting, running, suite.
Public: none.
"""
