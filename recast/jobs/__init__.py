"""What a step becomes on an executor, and what comes back. Pure data, no input or output."""

from recast.jobs.failure import RULES, Action, FailureClass, Rule
from recast.jobs.fit import unfit
from recast.jobs.job import RUN_ROOT, Artifact, Bind, ContainerJob, OutputPattern, Resources
from recast.jobs.outcome import Outcome
from recast.jobs.state import JobState, StepState

__all__ = [
    "RULES",
    "RUN_ROOT",
    "Action",
    "Artifact",
    "Bind",
    "ContainerJob",
    "FailureClass",
    "JobState",
    "Outcome",
    "OutputPattern",
    "Resources",
    "Rule",
    "StepState",
    "unfit",
]
