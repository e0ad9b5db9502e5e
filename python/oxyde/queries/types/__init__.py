"""Column types in Python: their values, and the result types of operators.

Only rooms of the queries and `oxyde.models` import from here; nothing is public.
"""
