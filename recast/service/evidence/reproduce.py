"""The line that computes an answer again, and what it needs besides. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping

from recast.json_types import JsonDict, JsonObject

__all__ = ["reproduction"]

_UPLOAD = "upload:"


def reproduction(analysis: str, version: str, inputs: JsonObject, asked: JsonObject) -> JsonDict:
    """Return the `command`, the `files` that it takes, and under `missing` why it is not complete (empty if it is).

    `inputs` are those that a run has recorded, `asked` those that the point names: files that it does not name come
    with the version. Values are quoted for a shell.
    """
    if not analysis or not version or not inputs:
        return {"command": "", "files": [], "missing": "What the run was given was not recorded."}
    files = list(_files(inputs, asked))
    names = {it["input"] for it in files}
    words = ["recast", "run", f"{analysis}@{version}"]
    long = []
    for name, value in inputs.items():
        if name in names:
            words += ["-p", f"{name}=@{next(it['file'] for it in files if it['input'] == name)}"]
        elif not isinstance(value, Mapping):
            words += ["-p", f"{name}={json.dumps(value)}"]
        elif "too_long" in value:
            long.append(name)
    missing = f"Too long to be written here: {', '.join(long)}." if long else ""
    return {"command": shlex.join(words), "files": files, "missing": missing}


def _files(inputs: JsonObject, asked: JsonObject) -> Iterator[JsonDict]:
    """Yield the files that whoever asked has handed in."""
    for name, value in inputs.items():
        given = asked.get(name)
        if isinstance(value, Mapping) and isinstance(given, str) and given.startswith(_UPLOAD):
            yield {"input": name, "file": str(value.get("file") or name), "digest": given.removeprefix(_UPLOAD)}
