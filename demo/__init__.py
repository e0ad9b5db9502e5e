"""The demonstration of `make demo`: load real flights and answer eight questions."""
