"""The statement under construction: nodes, scopes, conditions, and what every expression is.

Only rooms of the queries import from here; nothing is public.
"""
