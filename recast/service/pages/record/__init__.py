"""The record of a version: what it is, what speaks for it, its workflow, and what was asked of it."""
