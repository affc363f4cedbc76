"""Commands that create, change or show runs."""
