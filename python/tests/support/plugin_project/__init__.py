"""A FastAPI project whose tests the plugin runs: `integration/plugin` copies these files to a
folder of their own, each as `test_….py` that has tests."""
