"""Stage out the outputs of an attempt: find them, check their size, and store them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from recast.worker.failure import Failure, failure_of
from recast.worker.files import outputs
from recast.worker.files.durable import MOST_WAITS, sync_paths
from recast.worker.files.keeping import keep_all
from recast.worker.files.staging import blob_path
from recast.worker.json_types import JsonDict, JsonObject

__all__ = ["settle", "stage_out"]


def stage_out(task: JsonObject, seen_as: Sequence[str], listen: Callable[[], None]) -> list[JsonDict]:
    """Store the declared outputs of a job; return them as listed in the outcome.

    `seen_as` are the paths of the work folder inside the job. `listen` is called often, and may raise. Raises Failure:
    `user` for what cannot be stored or is too large, `staging` or `disk` for errors on this side.
    """
    job, folder = task["job"], task["attempt_dir"]
    work = folder + "/work"
    tree = outputs.Tree(work, seen_as, listen)
    try:
        places = dict(sorted(outputs.matches(tree, job["outputs"]).items()))
        links = {name: tree.links_of(name) for name in places if "/" in name}
        _check_size(job, folder, list(places.values()), listen)
    except OSError as problem:
        raise outputs.blame(problem) or failure_of(problem, "staging") from None
    try:
        kept = keep_all([f"{work}/{place}" for place in places.values()], task["store"], listen)
    except OSError as problem:
        raise failure_of(problem, "staging") from None
    return [
        {"path": name, "digest": item.digest, "size": item.size, "executable": item.executable}
        | ({"links": links[name]} if links.get(name) else {})
        for name, item in zip(places, kept)
    ]


def settle(task: JsonObject, outputs: Sequence[JsonObject], *, however_many: bool) -> None:
    """Wait until the names of outputs are on the disk, in the work folder and in the store; their content is already.

    So everything that an outcome names exists. Names in many folders are synced only if necessary, `however_many`: a
    driver of this machine does so when its run has ended, and finds what is missing. Raises OSError.
    """
    work = task["attempt_dir"] + "/work"
    folders = dict.fromkeys([os.path.dirname(task["attempt_dir"]), task["attempt_dir"], work])
    for item in outputs:
        parent = os.path.dirname(item["path"])
        while parent:
            folders[os.path.realpath(f"{work}/{parent}")] = None
            parent = os.path.dirname(parent)
        folders[os.path.dirname(blob_path(task["store"], item["digest"]))] = None
    if however_many or len(folders) <= MOST_WAITS:
        sync_paths(folders)


def _check_size(job: JsonObject, folder: str, places: Sequence[str], listen: Callable[[], None]) -> None:
    """Raise Failure if everything that the job leaves, work folder and log, exceeds its disk limit."""
    work = folder + "/work"
    most_bytes = job["resources"]["disk_mb"] * 1_000_000
    own = job["workdir"] + "/"
    given = sum(item["size"] for item in job["inputs"] if item["path"].startswith(own))
    taken, whole = outputs.used_bytes(work, listen)
    taken += os.stat(folder + "/log").st_size - given
    if taken <= most_bytes < whole - given:  # sparse files are whole where they are copied to
        taken = sum(os.stat(f"{work}/{place}").st_size for place in places)
    if taken > most_bytes:
        left_mb = taken // 1_000_000
        raise Failure("user", f"left {left_mb} MB in all, more than {most_bytes // 1_000_000} MB (disk_mb)")
