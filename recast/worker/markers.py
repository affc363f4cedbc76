"""What only the node knows, put into the argv that the driver made: the image and the attempt's folder. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from recast.worker.failure import Failure
from recast.worker.json_types import JsonDict, JsonObject

__all__ = ["ATTEMPT", "IMAGE", "fill"]

IMAGE, ATTEMPT = "\0image\0", "\0attempt\0"
"""Stand for them. No argument of a user can hold a NUL, so none can be mistaken for one."""

_MARKER = re.compile("\0(image|attempt)\0")
_COMMANDS = ("argv", "cleanup", "inspect")


def fill(runtime: JsonObject, image: str, attempt: str) -> JsonDict:
    """Return the `runtime` entry of a task with its markers filled in; nothing else in it changes.

    Raises Failure: `infrastructure` for a folder that a list of mount options cannot hold, `spec` for a stray NUL.
    """
    values = {"image": image, "attempt": attempt}
    filled = dict(runtime)
    for name in _COMMANDS:
        if filled.get(name):
            filled[name] = [_filled(word, values) for word in filled[name]]
    return filled


def _filled(word: str, values: Mapping[str, str]) -> str:
    names = _MARKER.findall(word)
    if any("," in word and set(values[name]) & set(',"\n') for name in names):
        # `--mount type=bind,source=...`: a comma in the folder would begin another option.
        raise Failure("infrastructure", f"the folder {values[names[0]]!r} has a comma, quote or line break in its name")
    text = _MARKER.sub(lambda match: values[match.group(1)], word)
    if "\0" in text:
        raise Failure("spec", f"an argument holds a NUL: {text[:80]!r}")
    return text
