"""Statements that write: INSERT, UPDATE, DELETE and upserts, of one row and of many.

`Each` and `Inserted` are public in `oxyde.queries`; the rest is for relations, methods and
`oxyde.models`.
"""
