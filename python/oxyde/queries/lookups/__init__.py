"""Lookups: from a key like `author__name__icontains` and a value to a condition.

Only rooms of the queries import from here; nothing is public.
"""
