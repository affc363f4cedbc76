"""Files of a job on their way in and out, by content."""
