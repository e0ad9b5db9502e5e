"""The benchmark: compares Oxyde with raw drivers and other ORMs in one run."""
