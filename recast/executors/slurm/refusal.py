"""Why sbatch did not accept an array, and whether that is certain. Pure."""

from __future__ import annotations

import re

from recast.errors import CredentialsProblem, ExecutorError
from recast.executors.batch.system import Refused
from recast.jobs import FailureClass

__all__ = ["refusal"]

_REPLY = re.compile(r"Batch job submission failed: (.+)")

_NEVER = re.compile(
    r"(?i)invalid (partition|account|qos|feature|job array|generic resource|license|trackable|node name|wckey|user)"
    r"|requested node configuration is not available|requested time limit is invalid|reservation is invalid"
    r"|memory required by task|more processors requested|node count specification|group not permitted"
    r"|access.permission denied|reservation access|too (long|large)|illegal|unspecified|no partition specified"
    r"|user.s group|cpu count|invalid .* specification"
)
"""Errors that are permanent, in the words of slurm_strerror."""

_LATER = re.compile(
    r"(?i)violates accounting/qos policy|required (partition|node) not available|standby mode|temporarily"
    r"|partition configuration not available now|unable to contact slurm controller|licenses? .*not available"
    r"|(no space left|disk full|i/o error)|job\(s\) already|not being scheduled"
)
"""Errors that are temporary, with certainty that the array was not accepted."""

_BY_ITSELF = re.compile(r"(?i)unrecognized option|invalid|ambiguous|requires an argument|fatal: |not supported")


def refusal(said: str, what: str = "Slurm did not accept an array of jobs") -> ExecutorError | CredentialsProblem:
    """Return the error for a failed sbatch, from its standard error: Refused if Slurm certainly has no job of the
    array.

    For unknown errors the array is looked up by name before it is submitted again.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    why = "; ".join(lines)[:1000] or "sbatch said nothing"
    if re.search(r"(?i)token.*(expired|invalid)|jwt.*(expired|fail)|expired credential", said):
        return CredentialsProblem(what, why=why, next_step="get a new token: scontrol token")
    reply = next((match[1] for line in lines if (match := _REPLY.search(line))), None)
    if reply is None:
        return _own_words(what, why)
    if _LATER.search(reply):
        return Refused(what, failure=FailureClass.SUBMISSION, why=why, next_step=_hint(reply))
    if _NEVER.search(reply):
        return Refused(
            what,
            failure=FailureClass.SPEC,
            why=why,
            next_step="sinfo; recast resume RUN --slurm-... takes other settings",
        )
    return ExecutorError(what, why=why, next_step="scontrol ping")


def _own_words(what: str, why: str) -> ExecutorError:
    """Return the error for an sbatch that failed before it contacted the scheduler, or was killed."""
    if "sbatch" in why and _BY_ITSELF.search(why) and not re.search("(?i)configuration source|controller", why):
        return Refused(what, failure=FailureClass.SPEC, why=why, next_step="recast executors ls")
    return ExecutorError(what, why=why, next_step="scontrol ping")


def _hint(reply: str) -> str:
    if "policy" in reply:
        return "set array_size below your limit of submitted jobs (sacctmgr show assoc where user=$USER)"
    return "it is retried; sinfo and scontrol ping show more"
