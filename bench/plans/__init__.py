"""`make bench-plans`: the statements that Oxyde writes, beside SQL written by hand and two ORMs.

`tables` declares the same tables for each ORM, `rows` fills them, `cases` has the queries by topic,
`contenders` runs them, `effort` reads what the server did, `report` writes the tables.
"""
