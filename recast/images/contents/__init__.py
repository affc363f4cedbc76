"""The contents of an image: its files, its packages, its bill of materials."""
