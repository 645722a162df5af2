"""What a person types; one file a command, nothing imported before its time. Nothing else knows click.

May import: claims, data, gate, plugins, records, reporting, running, suite.
Public: none.
"""
