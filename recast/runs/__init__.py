"""A run from the outside: what to run, with which inputs, prepared, driven, and shown."""

from recast.runs.live import LiveRun, open_run
from recast.runs.prepare import Options, PreparedRun, create, prepare
from recast.runs.source import Source, find_source

__all__ = ["LiveRun", "Options", "PreparedRun", "Source", "create", "find_source", "open_run", "prepare"]
