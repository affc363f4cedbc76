"""Causes of a failure that can be recognised automatically: a name, and the command to type."""

from __future__ import annotations

import re
from dataclasses import dataclass

from recast.engine import StepRun
from recast.engine.options import needs_of_step, options_of
from recast.engine.overrides import stage_path
from recast.jobs import RUN_ROOT, FailureClass
from recast.runs.open_run import OpenRun
from recast.spec.model import ContainerEnvironment
from recast.spec.templates import text_leaves

__all__ = ["Cause", "cause_of"]

_NO_NETWORK = re.compile(
    r"(?i)could not resolve host|temporary failure in name resolution|name or service not known|unable to resolve"
    r"|network is unreachable|bad address '|cannot (?:find|contact any|resolve network address for) kdc|invalid address"
    r"|failed to establish a new connection|nodename nor servname|no route to host|getaddrinfo|\[errno -[23]\]"
)
_READ_ONLY = re.compile(r"(?i)read-only file system|\[errno 30\]")
_MISSING = re.compile(r"(?i)no such file|cannot open|can't open|does not exist|not found|cannot stat|cannot access")
_REPOSITORY = re.compile(r"/cvmfs/([\w.-]+)")
_LONGEST_LINE = 2000


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a step failed, judging by its log: a stable name, a sentence, and what to type next."""

    name: str
    what: str
    next_step: str

    def as_json(self) -> dict[str, str]:
        """Return the cause as a JSON object."""
        return {"name": self.name, "what": self.what, "next": self.next_step}


def cause_of(live: OpenRun, run: StepRun, log: str) -> Cause | None:
    """Return the cause of a step's failure that is recognised in the last lines of its log, else None."""
    if run.failure not in (FailureClass.USER, FailureClass.REFUSED):
        return None
    lines = [line[:_LONGEST_LINE] for line in log.splitlines()]
    is_contained = run.step.packtivity is not None and isinstance(run.step.packtivity.environment, ContainerEnvironment)
    return (
        _of_cvmfs(run, lines)
        or (_of_network(live, run, lines) if is_contained else None)
        or (_of_read_only(lines) if is_contained else None)
        or _of_input(live, run, lines)
    )


def _of_network(live: OpenRun, run: StepRun, lines: list[str]) -> Cause | None:
    said = next((line for line in lines if _NO_NETWORK.search(line)), None)
    if said is None or options_of(run.step, live.engine.plan.overrides).get("network"):
        return None
    return Cause(
        "no-network",
        f"The step uses the network, which jobs do not have unless it is allowed: {said.strip():.200}",
        f"run it again with --stage {stage_path(run.step)}:network=yes, or write `recast: {{network: true}}` among the "
        "stage's resources; better: hand the file in, -p KEY=URL#sha256=...",
    )


def _of_read_only(lines: list[str]) -> Cause | None:
    said = next((line for line in lines if _READ_ONLY.search(line)), None)
    if said is None:
        return None
    return Cause(
        "read-only",
        f"The step writes to a read-only place: {said.strip():.200}",
        "write below {workdir} or /tmp: the image and the inputs are read-only, so first copy what has to change",
    )


def _of_cvmfs(run: StepRun, lines: list[str]) -> Cause | None:
    said = next((line for line in lines if _REPOSITORY.search(line) and _MISSING.search(line)), None)
    if said is None:
        return None
    found = _REPOSITORY.search(said)
    repository = found[1] if found else ""
    if "cvmfs" not in needs_of_step(run.step):
        return Cause(
            "cvmfs-not-asked",
            f"The step reads /cvmfs/{repository}, but does not ask for CVMFS",
            "add `resources: [CVMFS]` to its environment",
        )
    return Cause(
        "cvmfs-empty",
        f"The folder that is mounted as /cvmfs does not contain {repository}, or not this file: {said.strip():.200}",
        f"ls ${{RECAST_CVMFS:-/cvmfs}}/{repository}   (then set RECAST_CVMFS to the folder where CVMFS is mounted)",
    )


def _of_input(live: OpenRun, run: StepRun, lines: list[str]) -> Cause | None:
    """Return the cause if a line reports a missing file whose name is the value of an input that is not a file."""
    missing = [line for line in lines if _MISSING.search(line)]
    for key, value in live.request.given.items():
        for text in text_leaves(value):
            looks = (
                ("/" in text or "." in text) and len(text) > 2 and not text.startswith(RUN_ROOT) and "://" not in text
            )
            if looks and text in set(text_leaves(run.step.arguments)) and any(text in line for line in missing):
                return Cause(
                    "input-not-found",
                    f"The input {key!r} is the text {text!r:.200}, and no file with this name was handed in",
                    f"run it again with --initdir DIR, the folder that {text!r:.200} is in, or with -p {key}=@FILE",
                )
    return None
