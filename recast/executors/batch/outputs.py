"""What came back from a node, checked before any of it is believed.

A node is not trusted: it may be broken, and an outcome may be torn, missing or a lie.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from recast.atomic import replace_file
from recast.digests import hex_of
from recast.executors.orphans import read_outcome
from recast.jobs import Artifact, Outcome
from recast.store import ArtifactStore

if TYPE_CHECKING:
    from recast.store.remote_store import RemoteStore

__all__ = ["believed", "bring_in"]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOST_OUTCOME_BYTES = 64 << 20


def believed(folder: Path, store: ArtifactStore) -> Outcome | None:
    """Return the outcome in an attempt's folder on a shared disk, None if there is none (yet).

    Raises ValueError if it cannot be true: it is torn, of another job, or names an output that the store has not.
    """
    outcome = read_outcome(folder)
    if outcome is not None:
        for output in outcome.outputs:
            _check_name(output)
            if store.size(output.digest) != output.size:  # hashed before it is used, if it changed since
                raise ValueError(f"the store does not hold the output {output.path!r} that the outcome names")
    return outcome


def bring_in(folder: Path, store: ArtifactStore, far: RemoteStore | None = None) -> Outcome | None:
    """Take the `out` folder of a job, which the engine has put into the attempt's folder, into the store.

    Each file is hashed. One that did not come back may lie in the `far` store: it is noted, and hashed when somebody
    reads it. The outcome is put in its place last, so that a crash in the middle is repeated, not believed.
    Returns None if there is no outcome; raises ValueError if it cannot be true; OSError if the
    disk is full and RecastError if the far store cannot be asked say nothing of it.
    """
    known = believed(folder, store)
    if known is not None:
        return known
    out = folder / "out"
    raw = _read(out / "outcome.json", _MOST_OUTCOME_BYTES)
    if raw is None:
        return None
    outcome = Outcome.parsed(raw, folder.name)
    for output in outcome.outputs:
        _check_name(output)
        _take(out, output, store, far)
    _keep_log(out, folder)
    replace_file(folder / "outcome.json", raw)
    store.lay_out(outcome.outputs, f"{folder}/work")
    return outcome


def _check_name(output: Artifact) -> None:
    parts = output.path.removesuffix("/").split("/") if isinstance(output.path, str) else [".."]
    if {"..", ".", ""} & set(parts) or "\0" in output.path:
        raise ValueError(f"the outcome names an output {output.path!r}")
    if not isinstance(output.digest, str) or not _DIGEST.fullmatch(output.digest):
        raise ValueError(f"the outcome names a digest {output.digest!r}")


def _take(out: Path, output: Artifact, store: ArtifactStore, far: RemoteStore | None) -> None:
    """Put one output into the store; raise ValueError if its bytes are not what was said.

    What came back takes the place of what is there. What did not has to be there, sound, or far.
    """
    blob = out / hex_of(output.digest)
    try:
        if not stat.S_ISREG(blob.lstat().st_mode):
            raise ValueError(f"the output {output.path!r} came back as something that is not a file")
    except FileNotFoundError:
        if store.stat(output.digest) is not None and store.hashed(output.digest):
            return
        if far is not None and far.has(output.digest, output.size):
            store.note_far(output.digest, output.size, far.url, far.token_file)
            return
        raise ValueError(f"the output {output.path!r} did not come back") from None
    kept = store.add(blob, output.path)
    if (kept.digest, kept.size) != (output.digest, output.size):
        raise ValueError(f"the output {output.path!r} came back with other bytes than the outcome says")
    blob.unlink()


def _keep_log(out: Path, folder: Path) -> None:
    log = out / "log"
    if log.is_file() and not log.is_symlink():
        log.replace(folder / "log")


def _read(path: Path, most_bytes: int) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ValueError(f"outcome.json cannot be read: {problem.strerror}") from problem
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ValueError("outcome.json is not a file")
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError("outcome.json is too long to be one")
    return content
