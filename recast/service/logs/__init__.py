"""Logs of steps, read in parts: what is shown of a log costs the same however long the log is."""
