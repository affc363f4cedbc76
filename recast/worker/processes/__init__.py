"""Start a payload, confine it, and leave nothing of it behind."""
