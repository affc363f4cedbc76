"""A run or a version as people and programs see it."""
