"""A run: created, reopened, driven, its results collected."""

from recast.runs.create import create
from recast.runs.open_run import OpenRun, open_run

__all__ = ["OpenRun", "create", "open_run"]
