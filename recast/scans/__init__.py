"""Many model points of one version: which are new, how they run together, where the exclusion contour is."""
