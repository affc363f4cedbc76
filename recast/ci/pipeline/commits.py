"""Commits of a git repository on this machine: what is checked out, which come after which, and their files."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recast.ci.checkout import Limits, run_git, write_tree
from recast.errors import InfrastructureError, NotFound, UsageError

__all__ = ["at_commit", "commits_between", "head_of"]

_MOST_COMMITS = 10_000
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@{}^~+-]{0,199}")


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
    """Yield a temporary folder with the files of a commit as they are in git; raise as `write_tree`."""
    with tempfile.TemporaryDirectory(prefix="recast-ci-") as name:
        place = Path(name, "files")
        write_tree(folder, commit, place, Limits())
        yield place


def _commit(folder: Path, revision: str) -> str:
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise UsageError(f"{revision!r:.80} cannot be a commit", next_step="recast ci bisect QUANTITY GOOD..BAD")
    return _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()


def _git(folder: Path, *arguments: str) -> str:
    answer = run_git(arguments, folder, Limits())
    if answer.code != 0:
        raise NotFound(
            f"git {arguments[0]} finds nothing here",
            where=str(folder),
            why=answer.err.strip()[-500:] or "It said nothing.",
            next_step="git log   (in the repository)",
        )
    return answer.out.decode(errors="replace")
