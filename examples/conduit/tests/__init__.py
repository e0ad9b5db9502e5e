"""Tests of Conduit, by Oxyde's pytest plugin: see pyproject.toml."""
