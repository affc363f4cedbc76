"""Many model points of one version: which are new, how they run together, where the line of exclusion lies."""
