"""Tables of models: `class Meta`, constraints, metadata, the schema, creating and dropping.

`Index`, `Check`, `Unique` and `ForeignKey` are public in `oxyde.models`; the rest is internal.
"""
