"""The workflow of a version in few words, for its record: read within bounds, once for the same files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from recast.catalogue.version import PublishedVersion
from recast.errors import RecastError
from recast.json_types import JsonDict

__all__ = ["outline_of"]

_MOST_BYTES = 256 << 10
"""Of all texts that a workflow may be written in. Those of real searches have ten kilobytes."""

_TEXTS = (".yml", ".yaml", ".json")
_REMEMBERED = 500

_lock = threading.Lock()
_known: OrderedDict[tuple[str, frozenset[tuple[str, str]]], JsonDict] = OrderedDict()


def outline_of(version: PublishedVersion) -> JsonDict:
    """Return the stages of a version (`recast.graph.outline`), or `{"fault": why}` if they cannot be told; raise
    StoreError for damaged files.
    """
    key = (version.workflow, frozenset(version.files.items()))
    with _lock:
        if (known := _known.get(key)) is not None:
            return known
    found = _read(version)
    with _lock:
        _known[key] = found
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return found


def _read(version: PublishedVersion) -> JsonDict:
    from recast.graph import written_drawing  # brings the engine with it, which whoever only searches does not need
    from recast.graph.outline import outline
    from recast.spec.load import load_workflow

    names = [name for name in version.files if PurePosixPath(name).suffix in _TEXTS]
    with TemporaryDirectory(prefix="recast-outline-") as folder:
        try:
            if not _write(version, names, Path(folder)):
                return {"fault": "The workflow is too large to be drawn here."}
            workflow = load_workflow(version.workflow, Path(folder), check=False).workflow
            return outline(written_drawing(workflow, version.reference))
        except RecastError as problem:
            if problem.code == "catalogue.corrupt":
                raise
            return {"fault": f"The workflow cannot be drawn: {problem.what[:300]}"}
        except RecursionError:
            return {"fault": "The workflow is nested too deeply to be drawn."}


def _write(version: PublishedVersion, names: list[str], folder: Path) -> bool:
    """Write files of a version, the workflow first; return False if they are too large. Inputs that happen to be texts
    may be left out: a reference to one of them is told as a fault.
    """
    left = _MOST_BYTES
    for name in sorted(names, key=lambda it: (it != version.workflow, "/" in it, it)):
        size = version.store.path(version.files[name]).stat().st_size
        if size > left:
            if name == version.workflow:
                return False
            continue
        left -= size
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(version.read(name))
    return True
