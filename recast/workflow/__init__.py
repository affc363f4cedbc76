"""The DAG: a spec, inputs and events make new steps. Pure: no clock, disk, network or environment."""

from recast.workflow.expand import INIT_DIRECTORY, Expansion, is_job
from recast.workflow.graph import MISSING, Scope, Step

__all__ = ["INIT_DIRECTORY", "MISSING", "Expansion", "Scope", "Step", "is_job"]
