"""Stage files of a job in and out, by content."""
