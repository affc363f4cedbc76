"""A copy of a spec that both yadage and we can run on this host: containers become host processes.

Commands that are shell stay as they are. Where the programs are only in an image (ROOT, generators), a stand-in writes
the files that the publisher names, so that stages, edges and values can be compared all the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

__all__ = ["copy_on_host"]

_WRITE = 'for f in {}; do mkdir -p "$(dirname "$f")"; [ -d "$f" ] || echo made > "$f"; done'


def copy_on_host(toplevel: Path, destination: Path, *, stand_in: bool) -> None:
    """Copy a spec's folder with every packtivity in it made to run on this host."""
    shutil.copytree(toplevel, destination)
    for path in [*destination.rglob("*.yml"), *destination.rglob("*.yaml")]:
        document = yaml.safe_load(path.read_text())
        for packtivity in _packtivities(document):
            _swap(packtivity, stand_in)
        path.write_text(yaml.safe_dump(document, sort_keys=False, width=10_000))


def _packtivities(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if {"process", "environment", "publisher"} <= value.keys():
            yield value
        for item in value.values():
            yield from _packtivities(item)
    elif isinstance(value, list):
        for item in value:
            yield from _packtivities(item)


def _swap(packtivity: dict[str, Any], stand_in: bool) -> None:
    if packtivity["process"] is None:
        return
    packtivity["environment"] = {"environment_type": "localproc-env"}
    process = packtivity["process"]
    command = _writes(packtivity["publisher"]) if stand_in else process.get("cmd") or process["script"]
    packtivity["process"] = {"process_type": "string-interpolated-cmd", "cmd": command}


def _writes(publisher: dict[str, Any]) -> str:
    """Return a command that writes what a publisher names; for a pattern two files that match."""
    if publisher["publisher_type"] == "frompar-pub":
        names = ["{" + name + "}" for name in publisher["outputmap"].values()]
    else:
        texts = publisher["publish"].values()
        names = [text.replace("*", letter) for text in texts for letter in ("ab" if "*" in text else "a")]
    return _WRITE.format(" ".join(f'"{name}"' for name in names))
