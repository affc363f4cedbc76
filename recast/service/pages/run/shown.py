"""A run as its page shows it: its state in words, its stages with counts, what is awaited, what it uses."""

from __future__ import annotations

from recast.json_types import JsonDict, JsonObject, is_finite
from recast.service.pages.links import query
from recast.service.pages.run.words import COLUMNS, STATES, TONES
from recast.service.pages.shape import items_of, mapping, text, texts

__all__ = ["count_of", "shown_run"]

_MOST_STAGES, _MOST_USED = 100, 40
_GOES_ON = ("waiting", "created", "running", "paused", "interrupted")


def shown_run(document: JsonObject, path: str) -> JsonDict:
    """Return what the page of a run at `path` shows above its steps."""
    stages = items_of(document.get("stages"))
    state = text(document.get("state"), 20)
    state = "paused" if state == "running" and document.get("paused") else state
    told = mapping(document.get("driver"))
    return {
        "run": text(document.get("run"), 80),
        "request": text(document.get("request"), 40),
        "analysis": text(document.get("analysis")),
        "version": text(document.get("version"), 80),
        "executor": text(document.get("executor"), 60),
        "number": count_of(document, "number"),
        "state": state if state in STATES else "ended",
        "goes_on": state in _GOES_ON and document.get("ended") is not True,
        "since": text(document.get("since"), 40),
        "tried_again": text(document.get("tried_again"), 40),
        "interrupted_by": text(document.get("interrupted_by"), 1000),
        "cancel_wished": document.get("cancel_wished") is True,
        "paused": text(document.get("paused"), 40),
        "reason": text(document.get("reason"), 2000),
        "delays": texts(document.get("delays"), 20, 500),
        "folder": text(document.get("folder"), 10),
        "driver": {
            "since": text(told.get("since"), 40),
            "wrote": text(told.get("wrote"), 40),
            "now": text(told.get("now"), 40),
            "silent": told.get("silent") is True,
            "ahead_s": told["ahead_s"] if is_finite(told.get("ahead_s")) else None,
        },
        "awaited": [_awaited(it, path) for it in items_of(document.get("awaited"))[:5]],
        "stages": [_stage(it, path) for it in stages[:_MOST_STAGES]],
        "more": max(len(stages), count_of(document, "stages_in_all")) - min(len(stages), _MOST_STAGES),
        "structure": text(document.get("structure"), 40),
        "used": [_used(it) for it in items_of(document.get("usage"))[:_MOST_USED]],
        "steps_in_all": count_of(document, "steps_in_all"),
        "path": path,
    }


def count_of(document: JsonObject, key: str) -> int:
    """Return a number of things; 0 for what is none."""
    found = document.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def _awaited(step: JsonObject, path: str) -> JsonDict:
    name = text(step.get("step"), 200)
    return {
        "step": name,
        "address": f"{path}/steps/{name.lstrip('/')}",
        "state": text(step.get("state"), 20),
        "since": text(step.get("since"), 40),
    }


def _stage(stage: JsonObject, path: str) -> JsonDict:
    name = text(stage.get("stage"), 200)
    counts = {column: count_of(stage, column) for column in COLUMNS}
    waits = ", ".join(texts(stage.get("waits_for"), 5, 100))
    return {
        "stage": name,
        "address": f"{query(path, {'stage': name})}#steps",
        "counts": list(counts.items()),
        "bar": _bar(counts),
        "awaited": text(stage.get("awaited"), 200),
        "since": text(stage.get("since"), 40),
        "why_held": text(stage.get("why_held"), 500),
        "waits_for": waits if count_of(stage, "open") else "",
    }


def _bar(counts: dict[str, int]) -> list[tuple[str, float, float]]:
    """Return the pieces of a bar that is 100 wide: tone, where it begins, how wide it is."""
    total, pieces, at = sum(counts.values()), [], 0.0
    for tone, names in TONES.items():
        wide = 100 * sum(counts[name] for name in names) / total if total else 0.0
        pieces.append((tone, round(at, 2), round(wide, 2)))
        at += wide
    return pieces


def _used(usage: JsonObject) -> JsonDict:
    def number(key: str, unit: str, digits: int = 0) -> str:
        found = usage.get(key)
        return f"{found:,.{digits}f} {unit}" if is_finite(found) else ""

    share = usage.get("efficiency")
    return {
        "stage": text(usage.get("stage"), 200),
        "jobs": count_of(usage, "jobs"),
        "memory": number("memory_max_mb", "MB"),
        "memory_asked": number("asked_memory_mb", "MB"),
        "wall": number("wall_max_s", "s", 1),
        "wall_asked": number("asked_walltime_s", "s"),
        "cores": number("asked_cpus", "", 0).strip(),
        "share": f"{share:.0%}" if is_finite(share) else "",
        "hints": texts(usage.get("hints"), 5, 300),
    }
