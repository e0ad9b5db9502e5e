"""Related rows: prefetches, many-to-many relations, managers of an instance's relations.

`Prefetch`, `RelatedManager`, `prefetch_related` and `related` are public in `oxyde.queries`; the
rest is for the methods.
"""
