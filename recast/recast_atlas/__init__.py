"""recast-atlas entries, unchanged: read, stored, run and tested."""
