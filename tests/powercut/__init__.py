"""What is left after a power cut: a disk that is cut off, and who looks at a run afterwards."""
