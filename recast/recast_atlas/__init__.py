"""Entries of recast-atlas as they are: read, kept, run and tested."""
