"""A small shop whose ten migrations the tests run."""
