"""Rows as Python objects: recipes for the core, validation of single fields, the state of
instances. Internal, except `Vector`, which `oxyde.models` exports.
"""
