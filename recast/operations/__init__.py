"""Everything that RECAST can do, one function per verb; called by the command line and the Python API."""
