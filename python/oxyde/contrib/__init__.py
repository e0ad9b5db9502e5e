"""Bridges to other packages; each needs the extra of its name."""
