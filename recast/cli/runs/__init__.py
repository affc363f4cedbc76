"""Commands that make, change or show runs."""
