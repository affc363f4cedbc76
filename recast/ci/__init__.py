"""Continuous analysis: a change is tested, its images built, its validation run on the grid, and its physics judged."""
