"""Did the physics move: quantities of two commits compared, and the statistics behind it; pure."""
