"""The cache of a node: later jobs of the same user reuse what one job fetched.

folder.py    its location, its owner, and its contents lease.py     locks: waited for with a bound, given back by the
kernel when a process ends evict.py     what to remove when it grows too large; pure stamp.py     whether a tree of
files is unchanged
"""

__all__: list[str] = []
