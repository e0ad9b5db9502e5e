"""Instances of models as rows: saving, refreshing, tracked changes, rollback. Internal."""
