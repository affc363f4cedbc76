"""jq programs of a spec, run in a separate process: no environment, no files, bounded time and memory."""

from recast.jq.process import JqProcess, jq

__all__ = ["JqProcess", "jq"]
