"""The benchmark: Oxyde against raw drivers and other ORMs, side by side in one run."""
