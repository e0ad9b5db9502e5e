"""Related rows: prefetches, and many-to-many relations.

`Prefetch` and `prefetch_related` are public in `oxyde.queries`; the
rest is for the methods.
"""
