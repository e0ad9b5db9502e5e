"""The tables of docs/reference, written from the code: `make reference`. A test compares them."""
