"""The state machine of a run: events in, commands out; pure."""

from recast.engine.engine import Engine
from recast.engine.plan import RunPlan
from recast.engine.policy import Policy
from recast.engine.steps import StepRun

__all__ = ["Engine", "Policy", "RunPlan", "StepRun"]
