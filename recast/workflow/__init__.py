"""The DAG: a spec, its inputs and finished steps produce new steps. Pure: no clock, disk, network or environment."""

from recast.workflow.expand import MOST_STEPS, Expansion, instructions_of, is_job
from recast.workflow.graph import MISSING, Scope, Step
from recast.workflow.init import INIT_DIRECTORY

__all__ = ["INIT_DIRECTORY", "MISSING", "MOST_STEPS", "Expansion", "Scope", "Step", "instructions_of", "is_job"]
