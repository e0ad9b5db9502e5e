"""Relations of models: foreign keys, reverse sides, many-to-many, and the names in annotations.

Internal.
"""
