"""Bridges to other packages, each of which is an optional extra."""
