"""A run: created, opened again, driven, its results collected."""

from recast.runs.create import create
from recast.runs.open_run import LiveRun, open_run

__all__ = ["LiveRun", "create", "open_run"]
