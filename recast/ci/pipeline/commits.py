"""Commits of a git repository, read by git with nothing configured: no hooks, no filters, no helpers, no network."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recast.errors import InfrastructureError, NotFound, UsageError
from recast.machine.packages import install_here

__all__ = ["at_commit", "commits_between", "head_of"]

_LONGEST_S = 300.0
_MOST_COMMITS = 10_000
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@{}^~+-]{0,199}")
_SAFE = (
    # In CI jobs, the files often belong to somebody else than the process.
    *("-c", "safe.directory=*"),
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.symlinks=false"),
    *("-c", "protocol.allow=never", "-c", "submodule.recurse=false", "-c", "core.attributesFile=/dev/null"),
    *("-c", "filter.lfs.smudge=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false"),
)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ASKPASS": "/bin/false",
    "LC_ALL": "C.UTF-8",
}


def head_of(folder: Path) -> tuple[str | None, str | None]:
    """Return the commit that a checkout is at and its ref; None for what is not known, or for a changed checkout."""
    try:
        if _git(folder, "status", "--porcelain", "--untracked-files=no").strip():
            return None, None
        commit = _git(folder, "rev-parse", "--verify", "HEAD").strip()
        ref = _git(folder, "rev-parse", "--symbolic-full-name", "HEAD").strip()
    except (NotFound, InfrastructureError):
        return None, None
    return commit, ref if ref.startswith("refs/") else None


def commits_between(folder: Path, good: str, bad: str) -> list[str]:
    """Return the commits after `good` up to `bad`, the oldest first, along first parents; `good` itself comes first.

    Raises UsageError for a text that cannot be a revision, NotFound for one that does not exist.
    """
    first, last = (_commit(folder, revision) for revision in (good, bad))
    listed = _git(folder, "rev-list", "--first-parent", "--reverse", f"--max-count={_MOST_COMMITS}", f"{first}..{last}")
    commits = listed.split()
    if not commits:
        raise NotFound(
            f"There is no commit after {good} up to {bad}",
            where=str(folder),
            next_step="give the older commit first: recast ci bisect QUANTITY GOOD..BAD",
        )
    return [first, *commits]


@contextmanager
def at_commit(folder: Path, commit: str) -> Iterator[Path]:
    """Yield a temporary folder with the files of a commit as they are in git; links become plain files."""
    with tempfile.TemporaryDirectory(prefix="recast-ci-") as name:
        place = Path(name, "files")
        place.mkdir()
        index = {"GIT_INDEX_FILE": str(Path(name, "index"))}
        _git(folder, "read-tree", commit, environ=index)
        _git(folder, "checkout-index", "--all", "--force", f"--prefix={place}/", environ=index)
        yield place


def _commit(folder: Path, revision: str) -> str:
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise UsageError(f"{revision!r:.80} cannot be a commit", next_step="recast ci bisect QUANTITY GOOD..BAD")
    return _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()


def _git(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "--no-pager", *_SAFE, "-C", str(folder), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_S,
            env={**kept, **_ENVIRONMENT, **(environ or {})},
            check=False,
        )
    except FileNotFoundError as problem:
        raise InfrastructureError("git is not installed", next_step=install_here("git")) from problem
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise InfrastructureError(
            f"git {arguments[0]} did not end well", where=str(folder), why=str(problem)
        ) from problem
    if done.returncode != 0:
        raise NotFound(
            f"git {arguments[0]} finds nothing here",
            where=str(folder),
            why=done.stderr.strip()[-500:] or "It said nothing.",
            next_step="git log   (in the repository)",
        )
    return done.stdout
