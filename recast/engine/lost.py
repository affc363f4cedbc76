"""Missing or damaged files of finished steps: which steps made them, and the reasons to report. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from recast.engine.steps import StepRun
from recast.jobs import StepState
from recast.workflow import Step

__all__ = ["in_words", "not_the_same", "owners_of"]


def owners_of(digests: Collection[str], runs: Iterable[StepRun]) -> Mapping[str, StepRun]:
    """Return for each lost digest the first step that ran and produced it; digests of no step are omitted.

    A step that is being rerun already comes first, so that two steps are not rerun for one file.
    """
    found: dict[str, StepRun] = {}
    for run in sorted(runs, key=lambda run: run.state is StepState.SUCCEEDED):
        if run.step.packtivity is not None and run.step.finished:
            for artifact in run.step.outputs.values():
                if artifact.digest in digests:
                    found.setdefault(artifact.digest, run)
    return found


def not_the_same(step: Step, lost: Collection[str]) -> str:
    """Return why a step that was rerun has not reproduced the lost files."""
    names = [f"{artifact.path} ({artifact.digest})" for artifact in step.outputs.values() if artifact.digest in lost]
    return (
        f"a stored file of this step was lost, and running it again left other bytes: {', '.join(names)}\n"
        "What follows was made, or is to be made, with the first ones.\n"
        "start a new run: recast run; steps whose files are whole come from the cache"
    )


def in_words(digests: Iterable[str]) -> str:
    """Return what is wrong with lost files, as a reason."""
    return f"its stored file is missing or damaged: {', '.join(sorted(digests))}"
