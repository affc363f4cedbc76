"""Judging one quantity of two commits: by its value alone, or by a test where random numbers are behind it."""
