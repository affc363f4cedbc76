"""The document about one step: what the picture says, why, what comes before and after, what the run itself knows."""

from __future__ import annotations

from recast.errors import RecastError
from recast.json_types import JsonDict, JsonObject
from recast.service.asked import Asked, SeenRun
from recast.service.runs import found_step, step_document
from recast.service.step.seeds import seed_of

__all__ = ["FINAL", "step_told"]

FINAL = ("succeeded", "failed", "lost", "cancelled", "skipped")
_OF_THE_RUN = ("analysis", "version", "digest")
_MORE_INSIDE = (
    "image_run",
    "host",
    "runtime",
    "native_id",
    "since",
    "held",
    "avoided_hosts",
    "unheld",
    "attempts_list",
)
_MOST_AFTER = 200


def step_told(asked: Asked, run: str, step: str, *, facts: bool) -> JsonDict:
    """Return a step as somebody may see it; raise NotFound. `facts`: ask its run, too, if nobody has asked before."""
    seen = asked.run(run)
    snapshots = asked.parts.ledger.snapshots
    snapshots.look(run)
    found = found_step(asked, seen, step)
    snapshot = snapshots.read(run)
    summary: JsonObject = snapshot.summary if snapshot else {}
    document = step_document(found, inside=seen.inside) | {
        "run": seen.noted.id,
        "request": seen.noted.request,
        **{key: summary.get(key) for key in _OF_THE_RUN},
        "run_state": summary.get("state"),
        "told": snapshot.at if snapshot else None,
        "inside": seen.inside,
        "followed_by": snapshots.steps.after(run, str(found["id"]), _MOST_AFTER),
    }
    if not seen.inside:
        return document
    document |= {key: _shown(key, found.get(key)) for key in _MORE_INSIDE}
    document["seed"] = seed_of(found.get("parameters"))
    return document | _facts(asked, seen, found, ask=facts)


def _shown(key: str, value: object) -> object:
    """Return a value of the picture; of attempts only their numbers: jobs are folders on this machine."""
    if key == "attempts_list":
        return [it["attempt"] for it in value] if isinstance(value, list) else []
    return value


def _facts(asked: Asked, seen: SeenRun, found: JsonObject, *, ask: bool) -> JsonDict:
    try:
        facts = asked.parts.facts.of(
            seen.noted, str(found["id"]), final=found.get("state") in FINAL, who=asked.visitor.who, ask=ask
        )
        return {"facts": facts, "facts_missing": ""}
    except RecastError as problem:
        return {"facts": None, "facts_missing": f"{problem.what}. {problem.why}".strip()}
