"""Build images: bases, recipes, Containerfiles; offline and reproducible."""
