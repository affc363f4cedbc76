"""This checkout as a tar for the guest, compiled here: where the processor is emulated that takes a minute."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["packed_checkout"]

_ROOT = Path(__file__).resolve().parents[3]
_BOUND_S = 300


def packed_checkout(names: Sequence[str]) -> bytes:
    """Return files and folders of the checkout, without the tests' data, in a compressed tar.

    A guest of the same Python finds them compiled, whatever the times of the files there.
    """
    with tempfile.TemporaryDirectory(prefix="recast-vm-") as folder:
        out = ["tar", "-c", "--exclude=__pycache__", "--exclude=tests/data", *names]
        packed = subprocess.run(out, cwd=_ROOT, capture_output=True, check=True, timeout=_BOUND_S).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=packed, check=True, timeout=_BOUND_S)
        compiling = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash", folder]
        # What cannot be compiled is a test's own example of that.
        subprocess.run(compiling, capture_output=True, timeout=_BOUND_S)
        again = ["tar", "-c", "-z", "--owner=0", "--group=0", *names, *_compiled(Path(folder), names)]
        return subprocess.run(again, cwd=folder, capture_output=True, check=True, timeout=_BOUND_S).stdout


def _compiled(folder: Path, names: Sequence[str]) -> list[str]:
    """Return what was compiled of single files: without it, the guest would go on with what it has of them."""
    files = [Path(name) for name in names if name.endswith(".py")]
    found = [pyc for file in files for pyc in (folder / file.parent).glob(f"__pycache__/{file.stem}.*.pyc")]
    return [str(pyc.relative_to(folder)) for pyc in found]
