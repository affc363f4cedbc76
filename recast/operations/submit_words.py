"""From the words of `recast submit`, typed and in a file, to an order and how to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recast.errors import UsageError
from recast.json_types import JsonDict
from recast.prepare import Options
from recast.prepare.arguments import ENVIRONMENT, RUN_OPTIONS, run_options
from recast.submissions import SubmitOrder
from recast.submissions.order import items_in

__all__ = ["Asked", "SubmitWords", "order_and_options"]


_NOT_ASKED: JsonDict = {"max_steps": None, "allow_host_process": False, "stage": (), "image_override": ()}
"""What a run can be told and an order cannot: there is one stage, and its image is what was asked for."""


@dataclass(frozen=True, slots=True)
class SubmitWords:
    """What was typed: the image and the command, the options by name, and the file that holds others."""

    image: str | None
    command: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """An order, how to run it, and what the run is to be called."""

    order: SubmitOrder
    options: Options
    name: str


def order_and_options(said: SubmitWords) -> Asked:
    """Return what is asked for; an option that was typed wins over the file's. Raises UsageError or InputError."""
    known = _merged(said)
    image, command = known.pop("image"), known.pop("command")
    each, name, tries = known.pop("each"), known.pop("name"), known.pop("tries")
    order = SubmitOrder(
        image=image,
        command=command,
        files=tuple(Path(path).expanduser() for path in known.pop("with")),
        outputs=known.pop("output"),
        array=known.pop("array"),
        items=items_in(Path(each).expanduser()) if each is not None else None,
    )
    how: JsonDict = {key: known.get(key, default) for key, default in _NOT_ASKED.items()}
    how |= {key: known[key] for key in (*RUN_OPTIONS, *ENVIRONMENT) if key not in _NOT_ASKED}
    options = run_options(**how, tries=tries)
    return Asked(order, options, name or "")


def _merged(said: SubmitWords) -> JsonDict:
    typed: JsonDict = {key.rstrip("_"): value for key, value in said.options.items()}
    typed |= {"image": said.image, "command": said.command}
    if said.file is not None:
        from recast.submissions.order_file import read_order_file

        for key, value in read_order_file(said.file).items():
            if typed.get(key) in (None, ()) or (key == "no_cache" and not typed[key]):
                typed[key] = value
    if not typed["image"]:
        raise UsageError(
            "There is no image to run",
            where="command line",
            next_step="recast submit IMAGE -- COMMAND, or -f FILE with a line 'image: NAME'",
        )
    return typed
