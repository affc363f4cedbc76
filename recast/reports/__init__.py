"""Reports on a run or a version, for people and programs."""
