"""Stage in: from the content-addressed store into the attempt's own folders."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Mapping, Sequence

from recast.worker.failure import Failure, failure_of
from recast.worker.files.keeping import is_intact
from recast.worker.json_types import JsonObject

__all__ = ["RUN_ROOT", "below_run", "blob_path", "stage_in", "write_texts"]

RUN_ROOT = "/recast/run"
_COPY_INSTEAD = (errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EACCES, errno.ENOTSUP)
_FICLONE = 0x40049409
_WORTH_SHARING_BYTES = 1 << 20
_PIECE_BYTES = 16 << 20


def blob_path(store: str, digest: str) -> str:
    """Return the path of `sha256:<hex>` in the store; raise Failure(staging) for anything else."""
    algorithm, _, name = digest.partition(":")
    if algorithm != "sha256" or len(name) != 64 or not set(name) <= set("0123456789abcdef"):
        raise Failure("staging", f"{digest!r} is not a sha256 digest")
    return f"{store}/sha256/{name[:2]}/{name[2:]}"


def below_run(path: str) -> str:
    """Return a logical path relative to the run's root; raise Failure(staging) if it is not below it."""
    rest = path[len(RUN_ROOT) + 1 :]
    if not path.startswith(RUN_ROOT + "/") or any(part in ("", ".", "..") for part in rest.split("/")):
        raise Failure("staging", f"{path!r} is not a plain path below {RUN_ROOT}")
    return rest


def stage_in(task: JsonObject, folder: str, work: str, copy: bool, look: Callable[[], None] = lambda: None) -> None:
    """Put each input of a task's job at its place below `folder`, which mirrors the run's root.

    An input inside the job's own `workdir` goes into `work`, as a copy, since the job may change it there.
    With `copy`, nothing is linked: a host process could write through a link into the store. `stamps` of a task are,
    by digest, mtime (in ns) and inode of files whose content is known; one that differs is hashed. A path that ends in
    a slash is an empty folder. `look` is called every so often, and may raise.
    Raises Failure: `staging` for a blob that is missing or damaged, `disk` for a full disk, `user` for a long path.
    """
    store, workdir, stamps = task["store"], task["job"]["workdir"], task.get("stamps") or {}
    made: set[str] = set()
    for artifact in task["job"]["inputs"]:
        look()
        path, own = artifact["path"].rstrip("/"), artifact["path"].startswith(workdir + "/")
        target = f"{work}/{path[len(workdir) + 1 :]}" if own else f"{folder}/{below_run(path)}"
        if own:
            below_run(path)
        try:
            parent = os.path.dirname(target)
            if parent not in made:
                _make_folder(parent)
                made.add(parent)
            if artifact["path"].endswith("/"):
                _make_folder(target)
                continue
            _place(blob_path(store, artifact["digest"]), target, artifact, copy or own, stamps, look)
        except OSError as problem:
            raise failure_of(problem, "user" if problem.errno == errno.ENAMETOOLONG else "staging") from None


def write_texts(texts: Mapping[str, str], folder: str, apart: str) -> None:
    """Write the texts of a job: those of the run below `folder`, which mirrors its root, the others by number `apart`.

    The numbers count the others in the order of their paths. Raises Failure: `staging`, or `disk` if it is full.
    """
    mounted = sorted(path for path in texts if not path.startswith(RUN_ROOT + "/"))
    for path, text in texts.items():
        target = f"{apart}/{mounted.index(path)}" if path in mounted else f"{folder}/{below_run(path)}"
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
        except OSError as problem:
            raise failure_of(problem, "staging") from None


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path)
    except FileExistsError:
        return
    except FileNotFoundError:
        os.makedirs(path, exist_ok=True)


def _place(
    blob: str,
    target: str,
    artifact: JsonObject,
    copy: bool,
    stamps: Mapping[str, Sequence[int]],
    look: Callable[[], None],
) -> None:
    try:
        found = os.stat(blob)
    except FileNotFoundError:
        raise Failure("staging", f"the store has no {artifact['digest']} for {artifact['path']}") from None
    if found.st_size != artifact["size"]:
        raise Failure(
            "staging",
            f"{artifact['digest']} has {found.st_size} bytes in the store, {artifact['size']} were recorded",
        )
    known = stamps.get(artifact["digest"])
    if known and (found.st_mtime_ns, found.st_ino) != tuple(known) and not is_intact(blob, artifact["digest"], look):
        raise Failure("staging", f"{artifact['digest']} was damaged in the store: its bytes are others")
    # One blob may be wanted executable here and plain there: a link has only one mode.
    if not copy and bool(found.st_mode & 0o100) == bool(artifact["executable"]) and _linked(blob, target):
        return
    _copy(blob, target, found.st_size, 0o755 if artifact["executable"] else 0o644, look)


def _copy(blob: str, target: str, size_bytes: int, mode: int, look: Callable[[], None]) -> None:
    """Copy with as few system calls as possible: ten thousand small inputs are not unusual."""
    source = os.open(blob, os.O_RDONLY | os.O_CLOEXEC)
    try:
        sink = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            os.fchmod(sink, mode)
            done = size_bytes if size_bytes > _WORTH_SHARING_BYTES and _shared(sink, source) else 0
            while done < size_bytes:
                sent = os.sendfile(sink, source, done, min(size_bytes - done, _PIECE_BYTES))
                if not sent:
                    raise Failure("staging", f"{blob} became shorter while it was read")
                done += sent
                look()
        finally:
            os.close(sink)
    finally:
        os.close(source)


def _shared(sink: int, source: int) -> bool:
    """Let a copy share its blocks with the file until one of them is written to, where the file system can do that."""
    try:
        fcntl.ioctl(sink, _FICLONE, source)
    except OSError:
        return False
    return True


def _linked(blob: str, target: str) -> bool:
    try:
        os.link(blob, target)
    except OSError as problem:
        if problem.errno in _COPY_INSTEAD:
            return False
        raise
    return True
