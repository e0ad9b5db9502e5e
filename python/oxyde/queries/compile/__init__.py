"""From a query's clauses to a plan: shape and values, the statement, the recipe of its rows.

Only rooms of the queries import from here; nothing is public.
"""
