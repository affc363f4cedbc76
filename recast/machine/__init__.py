"""What this machine is, and what to type on it: facts, packages by distribution, advice."""
