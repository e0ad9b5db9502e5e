"""The tables of the benchmark as models of each ORM. Oxyde's models make them."""
