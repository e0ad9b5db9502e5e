"""Pydantic models for requests and responses, made from the fields of a model.

`schema_fields` is public in `oxyde.models`; `Model.schema_for` makes whole models.
"""
