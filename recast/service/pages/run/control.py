"""What the reader of a run may do with it: each is an action on its request, with what it will do said before."""

from __future__ import annotations

from dataclasses import replace

from recast.json_types import JsonDict, JsonObject
from recast.service.pages.request.actions import Shown, shown_actions

__all__ = ["shown_control"]

_WORDS = {
    "cancel": (
        "Cancel this run",
        "Stops its jobs. Answers of points that are done stay; the others are open again, and can be run later.",
    ),
    "run": (
        "Run what waits",
        "Begins a run for every point that waits, also those that this run left open. It costs core-hours.",
    ),
    "rerun": (
        "Try failed points again",
        "Begins a new run for the points that failed here; steps that have succeeded are taken from the cache.",
    ),
}
_RESUMED = (
    "A run that was interrupted goes on by itself, as soon as a dispatcher is there: no step that is done is lost."
)
_SETTINGS = (
    "Executor, memory and time are settings of the service and of the version. Whoever operates the service changes "
    "those of this run on its machine: recast resume RUN --help."
)


def shown_control(request: JsonObject, run: JsonDict) -> tuple[list[Shown], list[Shown]]:
    """Return what may be done with a run, given the document of its request, and what not, with why."""
    may, may_not = shown_actions(request)
    done = [_named(it) for it in may if it.action in _WORDS and (it.action != "cancel" or run["goes_on"])]
    left = [_named(it) for it in may_not if it.action in _WORDS]
    if not run["goes_on"] and not any(it.action == "cancel" for it in left):
        left.insert(0, Shown("cancel", _WORDS["cancel"][0], "", "This run has ended."))
    left.append(Shown("resume", "Resume", "", _RESUMED))
    left.append(Shown("settings", "Other settings", "", _SETTINGS))
    return done, left


def _named(it: Shown) -> Shown:
    """Return an action in the words of the page of a run."""
    label, does = _WORDS[it.action]
    return replace(it, label=label, does=does)
