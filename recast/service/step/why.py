"""Why a step is in its state, in the words of `recast explain`, by the picture of its run alone. Pure.

What came before in other runs is not told here: they may be somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recast.json_types import JsonObject

__all__ = ["seed_of", "why_of"]

_DONE = ("succeeded",)
_BAD = {"failed": "failed", "cancelled": "was cancelled", "lost": "was lost"}


def why_of(step: JsonObject, steps: Sequence[JsonObject], run_state: str) -> list[str]:
    """Return sentences that say why a step ran, waits, or ended as it did."""
    state, reason = str(step.get("state")), str(step.get("reason") or "").strip().rstrip(".")
    if step.get("cached"):
        return ["It was taken from the cache: an earlier step had the same image, command, inputs and parameters."]
    if not step.get("attempts") and state == "succeeded":
        return ["It only publishes values; there is nothing to run."]
    if state == "waiting":
        return [_waits(step, steps)]
    told = [f"It ran {_times(int(step['attempts']))}."] if step.get("attempts") else []
    if state in _BAD:
        told.append(f"It {_BAD[state]}: {reason}." if reason else f"It {_BAD[state]}.")
    elif state == "skipped":
        told.append("It was skipped: the run ended before its turn.")
    elif step.get("held"):
        told.append(f"The batch system holds it: {reason}." if reason else "The batch system holds it.")
    elif state == "ready":
        told.append("Its inputs are there; it waits for its turn.")
    elif state == "submitted":
        told.append("It was submitted and waits for a node.")
    elif state == "running":
        told = [f"It runs: attempt {step.get('attempts')}."]
    if state in ("ready", "submitted", "running") and run_state in ("interrupted", "lost"):
        told.append("No process drives its run now.")
    return told


def _waits(step: JsonObject, steps: Sequence[JsonObject]) -> str:
    known = {it.get("id"): it.get("state") for it in steps}
    upstream = [str(it) for it in step.get("depends_on") or ()]
    open_ones = [it for it in upstream if known.get(it, "succeeded") not in _DONE]
    if not open_ones:
        return "It waits for its upstream steps."
    named = f": {', '.join(open_ones[:5])}{' …' if len(open_ones) > 5 else ''}"
    return f"It waits for {len(open_ones)} of its {len(upstream)} upstream steps{named}."


def _times(attempts: int) -> str:
    return "once" if attempts == 1 else f"in {attempts} attempts"


def seed_of(parameters: object) -> dict[str, object]:
    """Return the parameters that are seeds by their names."""
    if not isinstance(parameters, Mapping):
        return {}
    return {str(name): value for name, value in parameters.items() if "seed" in str(name).lower()}
