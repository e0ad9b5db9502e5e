"""Other forms of results: iteration, objects of a class, columns, raw SQL.

`RawSQL` and `execute_raw` are public in `oxyde.queries`; the rest is for the methods.
"""
