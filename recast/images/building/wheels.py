"""The fetch phase: the wheels in a lock file, fetched by hash with the host's pip, for builds without a network."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from recast.atomic import become_folder
from recast.counted import counted
from recast.errors import ImageError
from recast.images.tools import run_tool
from recast.layers.tree import remove_tree
from recast.machine.packages import install_here

__all__ = ["LOCK_FILE", "fetch_wheels", "python_of"]

LOCK_FILE = "requirements.lock"
_OLDEST_GLIBC, _NEWEST_GLIBC = 5, 36  # manylinux_2_5 to what Debian 12 has
_PYTHON = re.compile(r"^#.*\bPython (3\.\d{1,2})\b", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def fetch_wheels(lock: Path, cache: Path, python: str, log: Path, say: Callable[[str], None]) -> Path:
    """Return a folder with the wheels of a lock file, for `python` (`3.11`) on this architecture.

    They are fetched once, by the host's pip with the host's configuration, and stored in `cache` under the lock's
    digest.
    """
    text = _checked(lock)
    folder = cache / hashlib.sha256(f"{python} {text}".encode()).hexdigest()
    if folder.is_dir():
        return folder
    say(f"{lock.parent.name}: fetching {counted(len(_requirements(text)), 'wheel')}")
    partial = folder.with_suffix(".partial")
    remove_tree(partial)
    partial.mkdir(parents=True)
    run_tool([*_pip(), "download", *_options(python), "--dest", str(partial), "-r", str(lock)], log)
    become_folder(partial, folder)
    return folder


def python_of(lock: Path) -> str | None:
    """Return the Python version in the heading of a lock file (ours, and pip-compile's); None if there is none.

    For a base without a recipe this is the only source.
    """
    found = _PYTHON.search(lock.read_text(encoding="utf-8", errors="replace")[:2000])
    return found[1] if found else None


def _checked(lock: Path) -> str:
    text = lock.read_text(encoding="utf-8")
    without = [line for line in _requirements(text) if not _HASH.search(line)]
    if without:
        raise ImageError(
            "A lock file has a requirement without a hash",
            where=f"{lock}: {without[0][:80]}",
            why="A version number does not say which bytes are meant",
            next_step="pip-compile --generate-hashes requirements.in -o requirements.lock",
            code="image.lock-file",
        )
    return text


def _requirements(text: str) -> list[str]:
    joined = re.sub(r"\\\n", " ", text)
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith(("#", "-"))]


def _options(python: str) -> list[str]:
    import platform

    machine = platform.machine()
    glibc = range(_NEWEST_GLIBC, _OLDEST_GLIBC - 1, -1)
    tags = [*(f"manylinux_2_{minor}_{machine}" for minor in glibc), f"manylinux2014_{machine}"]
    abis = [f"cp{python.replace('.', '')}", "abi3", "none"]
    return [
        *("--require-hashes", "--only-binary=:all:", "--no-deps", "--disable-pip-version-check"),
        *("--progress-bar=off", "--implementation=cp", f"--python-version={python}"),
        *(f"--platform={tag}" for tag in tags),
        *(f"--abi={abi}" for abi in abis),
    ]


def _pip() -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        if shutil.which(name):
            return [name]
    raise ImageError(
        "Wheels cannot be fetched: pip not found",
        why="Builds have no network, so the wheels of requirements.lock are fetched before",
        next_step=install_here("pip"),
        code="image.tool-missing",
    )
