"""What is in an image: its files, its packages, its bill of materials."""
