"""Building images: bases, recipes, Containerfiles, offline and bit for bit the same."""
