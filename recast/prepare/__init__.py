"""From arguments to a run that can be created: what to run, with which inputs and rules; nothing is written."""

from recast.catalogue.entries.local_workflow import Source
from recast.prepare.prepare import Options, PreparedRun, prepare
from recast.prepare.source import find_source

__all__ = ["Options", "PreparedRun", "Source", "find_source", "prepare"]
