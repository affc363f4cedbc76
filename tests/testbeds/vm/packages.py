"""What RECAST needs of PyPI, as a disk of the guest: what is locked, for the guest's Python."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from tests.testbeds.processes import BedProblem

__all__ = ["DISK_BYTES", "LOCK", "make_packages"]

DISK_BYTES = 256 * 1024 * 1024
"""What a disk holds: a guest that goes on from where it was saved has to find it as large as it was."""

_ROOT = Path(__file__).resolve().parents[3]
LOCK = _ROOT / "requirements/dev.lock"
_PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}


def make_packages(disk: Path, suite: str) -> None:
    """Write a disk with the packages. Raises BedProblem."""
    with tempfile.TemporaryDirectory(prefix="recast-vm-", dir=disk.parent) as folder:
        lock, there = Path(folder) / "lock", Path(folder) / "packages"
        lock.write_text(_locked())
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        wheels = ["--require-hashes", "--only-binary=:all:", f"--python-version={_PYTHONS[suite]}"]
        _run([*pip, *wheels, f"--target={there}", "-r", str(lock)])
        _add_entry_points(there)
        _run(["mksquashfs", str(there), str(disk), "-noappend", "-no-progress", "-comp", "zstd", "-all-root"])
    with disk.open("ab") as file:
        file.truncate(DISK_BYTES)


def _locked() -> str:
    """Return the part of the lock that RECAST needs to run, with its hashes."""
    blocks = re.split(r"\n(?=\S)", LOCK.read_text())
    needed = _needed("recast-framework", set())
    return "\n".join(block for block in blocks if _normal(re.split(r"[=<> \[]", block)[0]) in needed) + "\n"


def _needed(name: str, known: set[str]) -> set[str]:
    for requirement in distribution(name).requires or []:
        other = _normal(re.split(r"[^A-Za-z0-9._-]", requirement)[0])
        if "extra ==" not in requirement and other not in known and _is_here(other):
            known.add(other)
            _needed(other, known)
    return known


def _is_here(name: str) -> bool:
    try:
        distribution(name)
    except ModuleNotFoundError:  # of another Python or system
        return False
    return True


def _add_entry_points(there: Path) -> None:
    """What is installed from a checkout says where its executors are."""
    name = next(str(file) for file in distribution("recast-framework").files or [] if file.name == "METADATA")
    info = Path(str(distribution("recast-framework").locate_file(name))).parent
    shutil.copytree(info, there / info.name)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise BedProblem(f"{argv[0]}: {(done.stderr + done.stdout)[-1500:]}")
