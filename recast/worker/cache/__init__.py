"""The cache of a node: what one job fetched, the next ones of the same user find.

folder.py    where it is, whose it is, and what it holds
lease.py     locks: waited for with a bound, given back by the kernel when a process ends
evict.py     what has to go when it grows too large; pure
stamp.py     whether a tree of files is as it was left
"""

__all__: list[str] = []
