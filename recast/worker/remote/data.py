"""A job's data by way of a store that nodes reach: inputs once per node, large outputs to where they stay."""

from __future__ import annotations

import os
from collections.abc import Sequence

from recast.worker.cache.folder import Cache, open_cache
from recast.worker.cache.lease import Pause, alone, shared
from recast.worker.failure import Failure, failure_of
from recast.worker.files.keeping import copy_checked, rename_away
from recast.worker.json_types import JsonObject
from recast.worker.remote.fetch import hash_of
from recast.worker.remote.store import FarStore, place_of, store_at

__all__ = ["bring_inputs", "send_outputs"]


def bring_inputs(task: JsonObject) -> None:
    """Put the inputs that did not come along into the job's store, from the node's cache or the far store.

    `task["far"]` holds `url`, `token` (a file, or empty), the settings of the node's cache, and for an object store
    `passes`. Raises Failure.
    """
    far, own = task["far"], str(task["store"])
    inputs = {item["digest"]: item for item in task["job"]["inputs"]}
    missing = [item for digest, item in inputs.items() if not os.path.exists(f"{own}/{place_of(digest)}")]
    if not missing:
        return
    cache, store = open_cache(far), _store(far)
    try:
        lease = _lease(cache)
        try:
            for item in missing:
                _hand_over(_cached(cache, store, item), f"{own}/{place_of(item['digest'])}")
        finally:
            os.close(lease)
        cache.tidy()
    except OSError as problem:
        raise failure_of(problem, "staging") from None


def send_outputs(task: JsonObject, outputs: Sequence[JsonObject]) -> list[str]:
    """Bring outputs of `from_bytes` to `most_bytes` to the far store; return the digests of those that stay there."""
    far = task["far"]
    most_bytes = far.get("most_bytes") or float("inf")
    large = {item["digest"]: item for item in outputs if far["from_bytes"] <= item["size"] <= most_bytes}
    if large:
        store, cache = _store(far), open_cache(far)
        for digest, item in large.items():
            made = f"{task['store']}/{place_of(digest)}"
            store.put(made, place_of(digest), item["size"], again=True)  # what lies there may be damaged
            _remember(cache, digest, made)
        cache.tidy()
    return sorted(large)


def _store(far: JsonObject) -> FarStore:
    return store_at(far["url"], far.get("token") or "", far.get("passes"))


def _remember(cache: Cache, digest: str, made: str) -> None:
    """Keep an output on the node if that costs nothing: the next step that reads it may run here."""
    path = f"{cache.root}/data/{place_of(digest)}"
    temporary = f"{path}.{os.urandom(6).hex()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.link(made, temporary)
        rename_away(temporary, path)
        _note(path)
    except OSError:
        return


def _lease(cache: Cache) -> int:
    """Keep what is in the cache from being removed until it is handed over."""
    pause = Pause(cache.wait_s)
    while True:
        fd = shared(f"{cache.root}/locks/.data")
        if fd is not None:
            return fd
        if not pause.take():
            raise Failure("infrastructure", f"the cache {cache.root} of this node is being tidied for too long")


def _cached(cache: Cache, store: FarStore, item: JsonObject) -> str:
    """Return an input's file in the node's cache; the first job fetches it, the others wait."""
    digest = item["digest"]
    path = f"{cache.root}/data/{place_of(digest)}"
    pause = Pause(cache.wait_s)
    while not _is_sound(path, digest, item["size"]):
        with alone(f"{cache.root}/locks/{digest.partition(':')[2]}.data") as ours:
            if ours and not _is_sound(path, digest, item["size"]):
                _bring(store, item, path)
        if not ours and not pause.take():
            raise Failure("staging", f"another job has been bringing {digest} to this node for over {cache.wait_s:g} s")
    return path


def _bring(store: FarStore, item: JsonObject, path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    arriving = path + ".arriving"
    try:
        store.get(place_of(item["digest"]), item["digest"], item["size"], arriving)
    except Failure as failure:
        failure.message = f"{item['path']} cannot be had: {failure.message}"
        raise
    if os.stat(arriving).st_nlink == 1:  # else a link into a store of files: its mode is not ours to set
        os.chmod(arriving, 0o444)
    os.rename(arriving, path)
    _note(path)


def _is_sound(path: str, digest: str, size: int) -> bool:
    """Return whether a file is there as it came; one that was changed since then is hashed again."""
    try:
        told = _told(path)
        with open(path + ".ok", encoding="ascii") as file:
            if file.read() == told:
                return True
    except FileNotFoundError:
        pass
    if os.path.exists(path):
        if os.stat(path).st_size == size and hash_of(path) == digest:
            _note(path)
            return True
        os.unlink(path)
    return False


def _note(path: str) -> None:
    temporary = f"{path}.{os.urandom(6).hex()}"
    with open(temporary, "w", encoding="ascii") as file:
        file.write(_told(path))
    os.rename(temporary, path + ".ok")


def _told(path: str) -> str:
    found = os.stat(path)
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def _hand_over(cached: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.link(cached, target)
        _note(cached)  # the link is a change, ours; when it goes with the job, the file is hashed once more
    except FileExistsError:
        return
    except OSError:
        copy_checked(cached, target)
