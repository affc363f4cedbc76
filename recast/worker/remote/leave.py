"""Where nothing is sent back: outputs go to the store by digest, then log and outcome by the name of their job."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence

from recast.worker.failure import Failure
from recast.worker.json_types import JsonDict, JsonObject
from recast.worker.remote.data import send_outputs
from recast.worker.remote.names import LOG, OUTCOME, named_place
from recast.worker.remote.store import FarStore, store_at
from recast.worker.slot import last_word

__all__ = ["leave", "send_all", "store_of"]


def store_of(task: JsonObject) -> FarStore:
    """Return the store that a task names; raises Failure."""
    far = task["far"]
    return store_at(far["url"], far.get("token") or "", far.get("passes"))


def send_all(task: JsonObject, outputs: Sequence[JsonDict]) -> list[str]:
    """Bring all outputs to the store and return their digests; raises Failure if one cannot go there."""
    sent = send_outputs(task, outputs)
    for item in outputs:
        if item["digest"] not in sent:
            raise Failure("user", f"the output {item['path']!r} of {item['size']} bytes is too large for the store")
    return sent


def leave(task: JsonObject, outcome: JsonObject) -> bool:
    """Put log and outcome to the store, the outcome last; return whether it is there."""
    job_id, attempt = task["job"]["job_id"], task["attempt_dir"]
    os.makedirs(attempt, mode=0o700, exist_ok=True)
    path = f"{attempt}/{OUTCOME}"
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(outcome, file)
    os.replace(path + ".new", path)
    try:
        store = store_of(task)
        try:
            _put(store, f"{attempt}/{LOG}", named_place(job_id, LOG))
        except Failure as failure:  # the outcome counts for more than the log
            last_word(f"the log of {job_id} cannot be kept: {failure.message}")
        _put(store, path, named_place(job_id, OUTCOME))
    except Failure as failure:
        last_word(f"the outcome of {job_id} cannot be kept: {failure.message}")
        return False
    end = "succeeded" if outcome["failure"] is None else f"failed ({outcome['failure']}): {outcome['message']}"
    last_word(f"{job_id} on {outcome['host']} {end}")
    return True


def _put(store: FarStore, path: str, place: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        store.put(path, place, os.stat(path).st_size, again=True)
