"""Queries inside queries: `Subquery`, `Exists`, `OuterRef`, and common table expressions.

The classes are public in `oxyde.queries`; the rest is for the rooms above: relations and methods.
"""
