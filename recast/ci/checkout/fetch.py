"""What a remote repository has, and one commit of it fetched into a mirror that can be thrown away at any time."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from recast.ci.checkout.process import Answer, Limits, run_git
from recast.ci.checkout.refs import fault_of_ref, is_commit, kind_of
from recast.ci.checkout.remote import Remote
from recast.errors import InfrastructureError, NetworkError, NotFound, PermissionDenied, RecastError
from recast.layers.tree import remove_tree
from recast.masked import masked, masked_url

__all__ = ["Head", "fetch_commit", "heads_of"]

_LOOK_S = 60.0
_MOST_PACKS = 100
"""Each fetch leaves one; a mirror with more is made anew, which costs one fetch."""

# What git says at the end of a torn connection ("invalid index-pack output") it says here too: it tells nothing.
_BAD = ("fsck error", "error in packed object", "died of signal 25", "file too large")
_TOO_LARGE = "file too large"
_DAMAGED = (".lock'", "shallow file", "corrupt", "bad object", "not a git repository", "unable to read")
_DENIED = ("authentication failed", "could not read username", "returned error: 403", "returned error: 401")
_NO_REF = ("couldn't find remote ref", "not our ref", "unadvertised object", " not valid")
_NO_REPOSITORY = ("' not found", "does not appear to be a git repository", "returned error: 404")


@dataclass(frozen=True, slots=True)
class Head:
    """A ref of a remote: the object that it names, and the commit that this is or, for a tag object, leads to."""

    ref: str
    object: str
    commit: str


def heads_of(remote: Remote, folder: Path, limits: Limits | None = None) -> dict[str, Head]:
    """Return the branches, tags and heads of requests that a remote has now, by their names.

    Refs whose names are not sound are left out. Raises NetworkError, PermissionDenied or NotFound.
    """
    limits = replace(limits or Limits(), seconds=_LOOK_S)
    answer = run_git(["ls-remote", "--quiet", "--end-of-options", remote.url], folder, limits, remote)
    if answer.code != 0:
        raise _problem(answer, remote)
    objects: dict[str, str] = {}
    for line in answer.out.decode(errors="replace").splitlines():
        name, _, ref = line.partition("\t")
        bare = ref.removesuffix("^{}")
        if is_commit(name) and not fault_of_ref(bare) and kind_of(bare) != "other":
            objects[ref] = name
    return {ref: Head(ref, name, objects.get(f"{ref}^{{}}", name)) for ref, name in objects.items() if "^" not in ref}


def fetch_commit(remote: Remote, ref: str, commit: str, mirror: Path, limits: Limits) -> bool:
    """Fetch a commit to which a ref of the remote leads; return False if the ref has moved on and the server says that
    it has no such commit any more.

    `mirror` is created if needed. Raises PermissionDenied for objects that git refuses or that are too large (code
    `permission`) and for a server that does not let us read (`permission.server`), NotFound for a repository that is
    not there, NetworkError and the like for other trouble with the server.
    """
    if fault := fault_of_ref(ref):
        raise PermissionDenied("The name of a ref is refused", where=repr(ref)[:200], why=fault)
    _prepare(mirror, commit, limits)
    ours = f"refs/recast/{hashlib.sha256(ref.encode()).hexdigest()[:20]}"
    answer = _fetch(remote, f"+{ref}:{ours}", mirror, limits)
    if answer.code != 0 and _says(answer, _DAMAGED):  # a lock of a killed git, a torn file: the mirror is only a cache
        remove_tree(mirror)
        _prepare(mirror, commit, limits)
        answer = _fetch(remote, f"+{ref}:{ours}", mirror, limits)
    if answer.code == 0 and _peeled(ours, mirror, limits) == commit:
        return True
    if answer.code != 0 and not _says(answer, _NO_REF):
        raise _problem(answer, remote)
    direct = _fetch(remote, commit, mirror, limits)
    if direct.code != 0 and not _says(direct, _NO_REF):  # a server that is down does not say that a commit is gone
        raise _problem(direct, remote)
    return direct.code == 0 and _peeled(commit, mirror, limits) == commit


def _prepare(mirror: Path, commit: str, limits: Limits) -> None:
    if mirror.exists() and sum(1 for _ in (mirror / "objects/pack").glob("*.pack")) > _MOST_PACKS:
        remove_tree(mirror)
    if (mirror / "HEAD").exists():
        return
    kind = "sha1" if len(commit) == 40 else "sha256"
    mirror.mkdir(parents=True, exist_ok=True)
    made = run_git(["init", "--quiet", "--bare", "--template=", f"--object-format={kind}", str(mirror)], mirror, limits)
    if made.code != 0:
        raise InfrastructureError("A mirror cannot be made", where=str(mirror), why=_said(made))


def _fetch(remote: Remote, what: str, mirror: Path, limits: Limits) -> Answer:
    options = ("--quiet", "--no-tags", "--depth=1", "--no-write-fetch-head", "--no-recurse-submodules", "--force")
    answer = run_git(["fetch", *options, "--end-of-options", remote.url, what], mirror, limits, remote)
    if answer.code != 0 and _left_over(mirror) >= limits.most_fetched:
        return replace(answer, err=f"{answer.err}\n{_TOO_LARGE}: a pack of {limits.most_fetched:,} bytes or more")
    return answer


def _left_over(mirror: Path) -> int:
    """Remove what a git that was killed left of packs, and return the size of the largest.

    The kernel ends git without a word where a file reaches its limit; nobody else ever removes such a file.
    """
    largest = 0
    for path in (mirror / "objects/pack").glob("tmp_*"):
        with suppress(OSError):
            largest = max(largest, path.stat().st_size)
            path.unlink()
    return largest


def _peeled(name: str, mirror: Path, limits: Limits) -> str:
    answer = run_git(["rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}"], mirror, limits)
    return answer.out.decode(errors="replace").strip() if answer.code == 0 else ""


def _says(answer: Answer, words: tuple[str, ...]) -> bool:
    said = answer.err.lower()
    return any(word in said for word in words)


def _said(answer: Answer) -> str:
    lines = [line.strip() for line in answer.err.splitlines() if line.strip()]
    return masked("; ".join(lines[-3:]))[:500] or f"git ended with {answer.code}"


def _problem(answer: Answer, remote: Remote) -> RecastError:
    where, why = masked_url(remote.url), _said(answer)
    if _says(answer, _BAD):
        return PermissionDenied(
            "The repository is refused by git's own checks, or is too large", where=where, why=why,
            next_step="git fsck --strict   (in a clone of it)",
        )  # fmt: skip
    if _says(answer, _DENIED):
        return PermissionDenied(
            "The server of a repository does not let us read it", where=where, why=why,
            next_step="check the file of the token", code="permission.server",
        )  # fmt: skip
    if _says(answer, (*_NO_REF, *_NO_REPOSITORY)):
        return NotFound(
            "There is no such repository or ref", where=where, why=why, next_step="check the URL",
            code="not-found.remote",
        )  # fmt: skip
    return NetworkError(
        "A repository cannot be read from its server", where=where, why=why,
        next_step="check the URL; redirects are not followed",
    )  # fmt: skip
