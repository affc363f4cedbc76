"""ARC: readers and writers without one, then the real one."""
