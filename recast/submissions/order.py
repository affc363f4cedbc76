"""What somebody asks for: an image, a command, files, outputs, how often. Checked, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recast.errors import InputError, UsageError
from recast.masked import shows_secret
from recast.plainfile import read_plain

__all__ = ["MOST_JOBS", "SubmitOrder", "check_order", "items_in", "words_with"]

MOST_JOBS = 100_000
MOST_EACH_BYTES = 64 << 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLACEHOLDER = re.compile(r"\{(index|item)\}")


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """One container, run once, `array` times, or once for each of `items`.

    In `command` (an argv) and `outputs` (patterns below the job's folder), `{index}` stands for the number of the job,
    from 0, and `{item}` for its item. `files` are copied into the run and linked into the folder in which a job starts.
    """

    image: str
    command: tuple[str, ...]
    files: tuple[Path, ...] = ()
    outputs: tuple[str, ...] = ()
    array: int | None = None
    items: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders that mean something."""
        if self.items is not None:
            return ("index", "item")
        return ("index",) if self.array is not None else ()

    @property
    def jobs(self) -> int:
        """How many jobs it is."""
        return len(self.items) if self.items is not None else self.array or 1


def check_order(order: SubmitOrder) -> list[str]:
    """Raise UsageError for what cannot be run as it is asked for; return what its user should know."""
    if not order.command:
        raise UsageError(
            "There is no command to run",
            why="What an image would run by itself is its maker's affair, and may change with the image.",
            next_step="write it behind two dashes: recast submit IMAGE -- COMMAND ARGUMENT...",
        )
    _check_count(order)
    for word in order.command:
        if "\0" in word or not _is_text(word):
            raise UsageError(f"{word[:80]!r} cannot be a word of a command", where="COMMAND", why="It is no text.")
        _refuse_secret(word, "COMMAND")
    for pattern in order.outputs:
        _check_output(pattern)
    for item in order.items or ():
        _refuse_secret(item, "--each")
    return [
        f"warning    {{{name}}} in {where} stays as it is: {flag} would fill it"
        for where, words in (("the command", order.command), ("--output", order.outputs))
        for name in dict.fromkeys(name for word in words for name in _PLACEHOLDER.findall(word))
        if name not in order.names
        for flag in ("--array N" if name == "index" else "--each FILE",)
    ]


def _check_count(order: SubmitOrder) -> None:
    if order.array is not None and order.items is not None:
        raise UsageError(
            "--array and --each are both given",
            why="Both say how many jobs there are.",
            next_step="keep --each: {index} counts its lines",
        )
    if not 1 <= order.jobs <= MOST_JOBS:
        raise UsageError(
            f"{order.jobs} jobs cannot be one submission",
            where="--array" if order.items is None else "--each",
            why=f"From 1 to {MOST_JOBS} can.",
            next_step="split them",
        )


def _check_output(pattern: str) -> None:
    why = ""
    if not pattern or _CONTROL.search(pattern) or not _is_text(pattern):
        why = "It is empty, or holds what cannot be seen."
    elif pattern.startswith(("/", "~")) or ".." in pattern.split("/"):
        why = "Outputs are kept of the folder in which the job starts, and of no other place."
    elif pattern.strip("./") == "":
        why = "It names the folder itself: inputs, outputs and leftovers alike."
    if why:
        raise UsageError(
            f"{pattern[:80]!r} cannot be an output",
            where="--output",
            why=why,
            next_step="write a name or a pattern below that folder, such as --output 'out/*.root'",
        )


def _refuse_secret(text: str, where: str) -> None:
    if shows_secret(text):
        raise UsageError(
            "A word looks like a secret",
            where=where,
            why="Commands are recorded, shown, and seen by everybody on the node.",
            next_step='hand it in by its name: --secret NAME=VARIABLE, and write "$VARIABLE" inside of sh -c',
        )


def items_in(path: Path) -> tuple[str, ...]:
    """Return the lines of a file that are not empty; raise InputError for what is no list of texts."""
    next_step = "it is a text file, one item a line"
    try:
        lines = [line.removesuffix("\r") for line in read_plain(path, MOST_EACH_BYTES).decode("utf-8").split("\n")]
    except OSError as problem:
        raise InputError(
            "The items cannot be read", where=str(path), why=problem.strerror or str(problem), next_step=next_step
        ) from problem
    except ValueError as problem:
        raise InputError("The items are no text", where=str(path), why=str(problem), next_step=next_step) from problem
    for number, line in enumerate(lines, 1):
        if _CONTROL.search(line.replace("\t", " ")):
            raise InputError(
                "An item holds what cannot be seen", where=f"{path}:{number}", why=repr(line[:80]), next_step=next_step
            )
    return tuple(line for line in lines if line.strip())


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def words_with(words: Sequence[str], names: Sequence[str]) -> list[list[tuple[bool, str]]]:
    """Return each word as its pieces: (whether it is a placeholder that means something, its text)."""
    found = []
    for word in words:
        pieces: list[tuple[bool, str]] = []
        place = 0
        for match in _PLACEHOLDER.finditer(word):
            if match[1] in names:
                pieces += [(False, word[place : match.start()]), (True, match[1])]
                place = match.end()
        found.append([piece for piece in [*pieces, (False, word[place:])] if piece[1]])
    return found
