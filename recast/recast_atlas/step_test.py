"""A test of a recast-atlas entry, one packtivity on its own, as a workflow of one stage.

recast-atlas runs it with `packtivity-run`, which reads from the `data` folders. Here the folder is the run's init
directory, so `{readdir0}` is the same folder, and everything else is as in any run.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from recast.catalogue.entries.example import ExampleInputs
from recast.errors import EntryError, NotFound
from recast.json_types import JsonDict
from recast.plainfile import read_plain
from recast.recast_atlas.entry import AtlasTest
from recast.recast_atlas.imported import ImportedEntry
from recast.remote import local_toplevel
from recast.remote.cache import Cache
from recast.remote.follow import follow
from recast.remote.toplevel import remote_cache_folder

__all__ = ["DATA", "prepare_test"]

FILE = "recast-test.yml"
DATA = "recast_data"
"""The stage's parameter with all files of the data folder, so that the step gets them."""


def prepare_test(
    imported: ImportedEntry, name: str, test: AtlasTest, toplevel: Path
) -> tuple[Path, str, ExampleInputs]:
    """Return a folder with the workflow of a test and the files it refers to, the workflow's path, and its inputs."""
    data = _data_folder(imported, test)
    given = {key: value for key, value in test.parameters.items() if _must_be_given(value)}
    files = sorted(path.name for path in data.iterdir()) if data else []
    values = {**given, **({DATA: files} if files else {})}
    workflow = json.dumps(_workflow(test, list(values)), indent=1).encode()

    def make(folder: Path) -> dict[str, str]:
        return _copy(workflow, toplevel, folder)

    _, _, folder = Cache(remote_cache_folder()).keep(make)
    return folder, FILE, ExampleInputs(name, values, str(data) if data else None)


def _workflow(test: AtlasTest, given: list[str]) -> JsonDict:
    """Return a workflow of one stage that runs the packtivity; `given` parameters come from init."""
    parameters = {key: value for key, value in test.parameters.items() if key not in given}
    taken = {key: {"step": "init", "output": key} for key in given}
    stage = {
        "name": re.sub(r"[^A-Za-z0-9_]", "_", test.name),
        "dependencies": ["init"],
        "scheduler": {
            "scheduler_type": "singlestep-stage",
            "parameters": {**parameters, **taken},
            "step": {"$ref": test.spec},
        },
    }
    return {"stages": [stage]}


def _must_be_given(value: Any) -> bool:
    """Return whether a value must come from init, because a stage's parameter cannot be true, false or null."""
    if isinstance(value, dict):
        return any(map(_must_be_given, value.values()))
    if isinstance(value, list):
        return any(map(_must_be_given, value))
    return value is None or isinstance(value, bool)


def _data_folder(imported: ImportedEntry, test: AtlasTest) -> Path | None:
    if not test.data:
        return None
    if len(test.data) > 1:
        raise EntryError(
            f"The test {test.name!r} reads {len(test.data)} folders",
            where=imported.location,
            why="A run has one init directory.",
            next_step="Put the files into one folder.",
        )
    folder = local_toplevel(imported.resolve(test.data[0]), named=imported.named).path
    if not folder.is_dir():
        raise NotFound(f"There is no data folder {test.data[0]!r}", where=f"{imported.location}, test {test.name}")
    return folder


def _copy(workflow: bytes, toplevel: Path, folder: Path) -> dict[str, str]:
    files: dict[str, str] = {}
    top = toplevel.resolve()

    def read(file: str) -> bytes:
        place = top / file
        if file == FILE:
            content = workflow
        elif place.is_file() and place.resolve().is_relative_to(top):
            content = read_plain(place)
        else:
            return b""
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
        files[file] = hashlib.sha256(content).hexdigest()
        return content

    follow(FILE, read)
    if (top / "images.lock.json").is_file():
        read("images.lock.json")
    return files
