"""jq programs of a spec, run in a process of their own: no environment, no files, bounded time and memory."""

from recast.jq.process import JqProcess, jq

__all__ = ["JqProcess", "jq"]
