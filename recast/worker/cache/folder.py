"""The folder of a node's cache: its owner, its contents, and creating missing entries.

entries/<name>/     one thing that was made, with `lease` (held shared by its users) and `record.json`
partial/<name>/     one that is being made; what a killed process left there is gone on with
locks/<name>        held by whoever makes it
failed/<name>       why the last try failed, for those who waited for it
trash/              what is on its way out, or was replaced while jobs still use it
data/               inputs by digest: sha256/<2>/<62>
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections.abc import Callable, Mapping
from typing import Optional

from recast.layers.tree import remove_tree
from recast.worker.cache.evict import Item, evict
from recast.worker.cache.lease import Pause, alone, keep, shared
from recast.worker.failure import Failure, failure_of
from recast.worker.json_types import JsonDict, JsonObject

__all__ = ["Cache", "Entry", "default_folder", "open_cache"]

_FOLDERS = ("entries", "partial", "locks", "failed", "trash", "data")
_ABANDONED_S = 86_400
_DEFAULT_MB = 50_000
_DEFAULT_WAIT_S = 1800


class Entry:
    """One entry of the cache: its folder and its record."""

    def __init__(self, path: str, record: JsonObject) -> None:
        self.path = path
        self.record = record


class Cache:
    """A checked folder `root`, a limit on its size, and a limit on waiting for other processes that create an entry."""

    def __init__(self, root: str, bound_bytes: int, wait_s: float) -> None:
        self.root = root
        self.bound_bytes = bound_bytes
        self.wait_s = wait_s

    def hold(self, name: str, is_sound: Callable[[Entry], bool], make: Callable[[str], JsonDict]) -> Entry:
        """Return an entry that stays until this process has ended, made once however many ask for it at a time.

        `make` fills a folder, which may hold what an earlier try left, and returns the record, with `size_bytes`. An
        entry that `is_sound` doubts is made again; jobs that use the old one keep it. Raises Failure.
        """
        asked = time.time()
        pause = Pause(self.wait_s)
        try:
            while True:
                entry = self._held(name, is_sound)
                if entry is not None:
                    return entry
                with alone(f"{self.root}/locks/{name}") as ours:
                    if ours:
                        entry = self._held(name, is_sound) or self._made(name, is_sound, make, asked)
                if entry is not None:
                    self.tidy()
                    return entry
                if not pause.take():
                    why = f"another job has been making {name} for more than {self.wait_s:g} s"
                    raise Failure("infrastructure", f"{why} in the cache {self.root} of this node")
        except OSError as problem:
            raise failure_of(problem, "infrastructure") from None

    def tidy(self) -> None:
        """Remove what nobody uses until the rest fits into the bound; one process at a time does so."""
        with alone(f"{self.root}/locks/.tidy") as ours:
            if ours:
                evict([*self._entries(), *self._data()], self.bound_bytes, self._remove)
                self._sweep()

    def _held(self, name: str, is_sound: Callable[[Entry], bool]) -> Optional[Entry]:
        path = f"{self.root}/entries/{name}"
        fd = shared(path + "/lease")
        if fd is None:
            return None
        record = _record(path)
        entry = Entry(path, record) if record is not None else None
        if entry is None or not is_sound(entry):
            os.close(fd)
            return None
        keep(fd)
        os.utime(path + "/lease")
        return entry

    def _made(
        self, name: str, is_sound: Callable[[Entry], bool], make: Callable[[str], JsonDict], asked: float
    ) -> Optional[Entry]:
        self._raise_failure_since(name, asked)
        self._discard(f"{self.root}/entries/{name}")
        partial = f"{self.root}/partial/{name}"
        os.makedirs(partial, mode=0o700, exist_ok=True)
        try:
            record = make(partial)
        except Failure as failure:
            if failure.kind == "disk":
                self._make_room(partial)
            self._note_failure(name, failure)
            raise
        _write(partial + "/record.json", record)
        _write(partial + "/lease", {})
        os.rename(partial, f"{self.root}/entries/{name}")
        return self._held(name, is_sound)

    def _make_room(self, partial: str) -> None:
        """After a full disk: leave nothing half made, and nothing that nobody uses."""
        remove_tree(partial)
        with alone(f"{self.root}/locks/.tidy") as ours:
            if ours:
                evict([*self._entries(), *self._data()], 0, self._remove)
                self._sweep()

    def _raise_failure_since(self, name: str, asked: float) -> None:
        """Raise what came of a try that ended while we waited: a server that is down is not asked by each job."""
        try:
            with open(f"{self.root}/failed/{name}", encoding="utf-8") as file:
                if os.fstat(file.fileno()).st_mtime > asked:
                    raise Failure(**json.load(file))
        except (FileNotFoundError, ValueError, TypeError):
            return

    def _note_failure(self, name: str, failure: Failure) -> None:
        _write(f"{self.root}/failed/{name}", {"kind": failure.kind, "message": failure.message})

    def _entries(self) -> list[Item]:
        items = []
        for name in os.listdir(f"{self.root}/entries"):
            path = f"{self.root}/entries/{name}"
            record = _record(path)
            try:
                used = os.stat(path + "/lease").st_mtime
            except FileNotFoundError:
                used = 0.0
            items.append(Item(f"entries/{name}", int(record["size_bytes"]) if record else 1, used))
        return items

    def _data(self) -> list[Item]:
        return [
            Item(path[len(self.root) + 1 :], found.st_blocks * 512, max(found.st_ctime, found.st_mtime))
            for path, found in _files(f"{self.root}/data/sha256")
            if not path.endswith(".ok")
        ]

    def _remove(self, item: Item) -> bool:
        """Remove one item unless somebody uses it."""
        path = f"{self.root}/{item.name}"
        with alone(f"{self.root}/locks/.data" if item.name.startswith("data/") else path + "/lease") as free:
            if not free:
                return False
            if item.name.startswith("data/"):
                os.unlink(path)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path + ".ok")
            else:
                self._discard(path)
        return True

    def _discard(self, path: str) -> None:
        try:
            os.rename(path, f"{self.root}/trash/{os.path.basename(path)}.{os.urandom(6).hex()}")
        except FileNotFoundError:
            return

    def _sweep(self) -> None:
        """Remove what is in the trash and no longer in use, and what nobody goes on making."""
        for name in os.listdir(f"{self.root}/trash"):
            path = f"{self.root}/trash/{name}"
            with alone(path + "/lease") as free:
                if free:
                    remove_tree(path)
        for name in os.listdir(f"{self.root}/partial"):
            path = f"{self.root}/partial/{name}"
            if time.time() - os.lstat(path).st_mtime > _ABANDONED_S:
                with alone(f"{self.root}/locks/{name}") as free:
                    if free:
                        remove_tree(path)


def open_cache(settings: JsonObject) -> Cache:
    """Return the cache that a task's `cache`, `cache_mb` and `wait_s` name, created if necessary.

    It must be a folder that only we can access; raises Failure (`infrastructure`) otherwise.
    """
    root = settings.get("cache") or default_folder(os.environ)
    try:
        _claim(root)
        for name in _FOLDERS:
            os.makedirs(f"{root}/{name}", mode=0o700, exist_ok=True)
        os.close(os.open(f"{root}/locks/.data", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except OSError as problem:
        raise failure_of(problem, "infrastructure") from None
    bound_mb = settings.get("cache_mb") or _DEFAULT_MB
    return Cache(root, int(bound_mb) * 1_000_000, float(settings.get("wait_s") or _DEFAULT_WAIT_S))


def default_folder(environ: Mapping[str, str]) -> str:
    """Return `$TMPDIR/recast-<uid>`, or the same below /var/tmp if $TMPDIR is removed with the job."""
    folder = environ.get("TMPDIR", "")
    scratch = [environ[name] for name in ("_CONDOR_SCRATCH_DIR", "SLURM_TMPDIR") if environ.get(name)]
    job_ids = {environ[name] for name in ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "PBS_JOBID") if environ.get(name)}
    of_one_job = any((folder + "/").startswith(home.rstrip("/") + "/") for home in scratch)
    of_one_job = of_one_job or any(job_id in folder for job_id in job_ids)
    home = folder if folder.startswith("/") and not of_one_job else "/var/tmp"  # noqa: S108
    return f"{home.rstrip('/')}/recast-{os.geteuid()}"


def _claim(root: str) -> None:
    """Create the folder, or check that it is ours: in /var/tmp anybody may have created something with its name."""
    try:
        os.makedirs(os.path.dirname(root), exist_ok=True)
        os.mkdir(root, 0o700)
    except FileExistsError:
        pass
    found = os.lstat(root)
    why = ""
    if stat.S_ISLNK(found.st_mode) or not stat.S_ISDIR(found.st_mode):
        why = "is a symbolic link" if stat.S_ISLNK(found.st_mode) else "is no folder"
    elif found.st_uid != os.geteuid():
        why = f"belongs to user {found.st_uid}, we are {os.geteuid()}"
    elif found.st_mode & 0o022:
        why = "can be written by others"
    if why:
        raise Failure("infrastructure", f"the cache {root} of this node {why}: remove it, or name another folder")
    os.chmod(root, 0o700)


def _record(path: str) -> Optional[JsonDict]:
    try:
        with open(path + "/record.json", encoding="utf-8") as file:
            record = json.load(file)
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("size_bytes"), int) else None


def _write(path: str, body: JsonObject) -> None:
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(body, file)
    os.rename(path + ".new", path)


def _files(folder: str) -> list[tuple[str, os.stat_result]]:
    return [
        (os.path.join(parent, name), os.lstat(os.path.join(parent, name)))
        for parent, _, names in os.walk(folder)
        for name in names
    ]
