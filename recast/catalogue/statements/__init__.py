"""What is said of a version, beside it: its status, its builds, its validation; signed or not."""
