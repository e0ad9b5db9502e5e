"""The methods of a query: those that filter, build, read and write.

Only `oxyde.queries.query` and `oxyde.queries.manager` import from here.
"""
