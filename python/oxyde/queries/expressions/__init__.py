"""Expressions: fields, operators, conditions, aggregates, windows, functions and orders.

The classes are public in `oxyde.queries`; the rest is for the rooms above: compile and on.
"""
