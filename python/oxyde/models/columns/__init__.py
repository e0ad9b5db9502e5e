"""Fields and their columns: `Field`, the column type for an annotation, encoders of values.

`Field` is public in `oxyde.models`; the rest is internal.
"""
