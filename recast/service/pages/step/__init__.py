"""The page of one step of a run: what it is, why it is so, and its log."""
