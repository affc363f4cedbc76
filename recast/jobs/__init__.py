"""What a step becomes on an executor, and what comes back. Pure data, no input or output."""

from recast.jobs.failure import RULES, Action, FailureClass, Rule
from recast.jobs.fit import unfit
from recast.jobs.job import RUN_ROOT, Artifact, Bind, ContainerJob, OutputPattern, Resources
from recast.jobs.outcome import Outcome
from recast.jobs.state import JobState, StepState
from recast.jobs.wishes import NO_WISHES, SecretWish, Wishes

__all__ = [
    "NO_WISHES",
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
    "SecretWish",
    "StepState",
    "Wishes",
    "unfit",
]
