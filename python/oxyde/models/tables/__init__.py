"""Tables of models: `class Meta`, constraints, metadata, the schema, creating and dropping.

`Index` and `Check` are public in `oxyde.models`; the rest is internal.
"""
