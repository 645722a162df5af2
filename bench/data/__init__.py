"""What is learned: one file a data set, each a `Source` whose `load` gives a `Data`.

May import: hashing.
Public: base.Source, base.Data, base.Modes, base.Manifold, base.Law, base.DataError. A name with an underscore is no
data set.
"""
