"""Lint specs: errors, doubtful constructs, and what is unsuitable for preservation, found by rules."""
