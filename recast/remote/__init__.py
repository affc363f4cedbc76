"""Remote specs and inputs: resolved once, recorded with commit and checksums, stored by content."""

from recast.remote.origin import Fetched, Origin
from recast.remote.scheme import split_workflow, workflow_file
from recast.remote.toplevel import local_toplevel

__all__ = ["Fetched", "Origin", "local_toplevel", "split_workflow", "workflow_file"]
