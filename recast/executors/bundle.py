"""The worker as a zipapp, built reproducibly from `recast.worker`: equal sources give equal bytes."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from recast.atomic import whole_file
from recast.errors import StoreError

if TYPE_CHECKING:
    import zipfile

__all__ = ["build_worker", "worker_bytes"]

_PACKAGE = Path(__file__).parent.parent
_ROOMS = ("worker", "layers")
_MAIN = "import os, sys\nfrom recast.worker.__main__ import main\nos._exit(main(sys.argv[1:]))\n"
"""`os._exit` skips the interpreter's shutdown, since the driver waits for the end."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_worker(folder: Path, *, small: bool = False) -> Path:
    """Return the path of the worker's zipapp in `folder`, building it if it does not exist for these sources.

    A `small` one is sent with each job: a seventh of the size, but it takes 70 ms longer to start.
    """
    digest = hashlib.sha256(sys.implementation.cache_tag.encode())
    for path in _modules():
        digest.update(_name(path).encode() + b"\0" + path.read_bytes())
    target = folder / f"worker-{digest.hexdigest()[:16]}{'-small' * small}.pyz"
    if target.exists():
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(target, 0o644) as file:
            file.write(worker_bytes(small=small))
    except OSError as problem:
        raise StoreError.of(
            problem,
            "The worker cannot be written",
            target,
            "free some disk space, or set XDG_CACHE_HOME to a folder that you can write",
        ) from problem
    return target


def worker_bytes(*, small: bool = False) -> bytes:
    """Return the zipapp: sources for any Python from 3.9, and byte code of this Python.

    A `small` one contains only compressed sources, since a remote node usually has another Python.
    """
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED) as archive:
        _add(archive, "__main__.py", _MAIN.encode())
        _add(archive, "recast/__init__.py", b"")
        for path in _modules():
            name = _name(path)
            _add(archive, name, path.read_bytes())
            if not small:
                _add(archive, name + "c", _compiled(path, name))
    return buffer.getvalue()


def _modules() -> list[Path]:
    return sorted(path for room in _ROOMS for path in (_PACKAGE / room).rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(_PACKAGE.parent).as_posix()


def _compiled(path: Path, name: str) -> bytes:
    """Return byte code that is used without checking its source, since both are in the same archive."""
    import importlib.util
    import py_compile
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "module.pyc"
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(path), str(target), dfile=name, doraise=True, invalidation_mode=mode)
        code = target.read_bytes()
    if not code.startswith(importlib.util.MAGIC_NUMBER):
        raise AssertionError("byte code of another Python")
    return code


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    import zipfile

    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data, archive.compression)
