"""Data sets; one file each, a `DataSource` whose `load` gives a `Data`.

May import: hashing, plugins.
Public: base.DataSource, base.Data, base.Modes, base.Manifold, base.Law, base.DataError. A name with an underscore is no
data set.
"""
