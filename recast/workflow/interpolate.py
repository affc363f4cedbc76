"""Fill templates by yadage's rules: `str.format`, lists joined by spaces.

Strings of a request are quoted for the shell when they enter a command (`RequestText`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from functools import lru_cache
from string import Formatter

from recast.errors import SpecError
from recast.json_types import JsonObject, JsonValue

__all__ = ["RequestText", "as_request", "fill", "fill_command", "is_request", "place", "split"]

_WIDEST_FORMAT = re.compile(r"\d{6,}|[{}]")


class RequestText(str):
    """A string that came with a request: in a template it appears quoted for the shell."""

    __slots__ = ()

    def __format__(self, specification: str) -> str:
        """Quote for the shell; safe strings stay as they are."""
        return shlex.quote(format(str(self), specification))


def as_request(value: JsonValue) -> JsonValue:
    """Mark every string of a JSON value as coming from a request."""
    if isinstance(value, str):
        return RequestText(value)
    if isinstance(value, list):
        return [as_request(item) for item in value]
    if isinstance(value, dict):
        return {key: as_request(item) for key, item in value.items()}
    return value


def is_request(value: JsonValue) -> bool:
    """Return whether any string of a JSON value came with a request."""
    if isinstance(value, (list, dict)):
        return any(map(is_request, value.values() if isinstance(value, dict) else value))
    return isinstance(value, RequestText)


def split(arguments: JsonValue) -> tuple[list[JsonValue], JsonObject]:
    """Return the positional and named arguments of a template.

    A list gives `{0}`, `{1}`, ...; anything else except a map gives `{value}`. Only jq-stages produce such arguments.
    """
    if isinstance(arguments, dict):
        return [], arguments
    return (arguments, {}) if isinstance(arguments, list) else ([], {"value": arguments})


def fill_command(template: str, arguments: JsonValue, where: str) -> str:
    """Fill the template of a command or script; lists become their elements joined by spaces."""
    positional, named = split(arguments)
    return fill(template, {name: _joined(value) for name, value in named.items()}, where, [*map(_joined, positional)])


def _joined(value: JsonValue) -> JsonValue:
    if not isinstance(value, list):
        return value
    return " ".join(format(item, "") if isinstance(item, str) else str(item) for item in value)


def fill(template: str, arguments: JsonObject, where: str, positional: Sequence[JsonValue] = ()) -> str:
    """Fill a template with arguments; raise SpecError for an unknown placeholder or a stray brace."""
    if "{" not in template and "}" not in template:
        return template
    _check_template(template, where)
    try:
        return template.format(*positional, **arguments)
    except (KeyError, IndexError) as missing:
        raise SpecError(
            f"Placeholder {{{missing.args[0]}}} has no parameter",
            code="spec.placeholder",
            where=where,
            why=f"Parameters: {', '.join(arguments) or 'none'}. Template: {_short(template)}",
            next_step="add the parameter to the stage, or double the braces if they are meant literally",
        ) from None
    except (ValueError, TypeError, AttributeError) as problem:
        raise SpecError(
            f"A template cannot be filled: {problem}",
            code="spec.template",
            where=where,
            why=f"Template: {_short(template)}",
            next_step="double every brace that is meant literally: {{ and }}",
        ) from None


def place(value: JsonValue, folders: Mapping[str, str], where: str) -> JsonValue:
    """Replace `{workdir}` and `{readdirN}` in every string of a value, except strings of a request, which are data."""
    if isinstance(value, str):
        return value if isinstance(value, RequestText) else fill(value, folders, where)
    if isinstance(value, list):
        return [place(item, folders, where) for item in value]
    if isinstance(value, dict):
        return {key: place(item, folders, where) for key, item in value.items()}
    return value


@lru_cache(maxsize=4096)
def _check_template(template: str, where: str) -> None:
    """Refuse what `str.format` can do besides filling in values: private attributes, gigantic widths."""
    try:
        fields = list(Formatter().parse(template))
    except ValueError:
        return  # fill() reports it, with the parameters
    for _, name, specification, _ in fields:
        if name and re.search(r"[.\[]\s*_", name):
            raise SpecError(f"Placeholder {{{name}}} accesses a private attribute", where=where, code="spec.template")
        if specification and _WIDEST_FORMAT.search(specification):
            raise SpecError(
                f"Format {specification!r} of placeholder {{{name}}} is not allowed",
                where=where,
                code="spec.template",
                why="Widths of 100000 and more, and placeholders inside a format, are refused.",
            )


def _short(template: str) -> str:
    line = " ".join(template.split())
    return line if len(line) <= 120 else line[:117] + "..."
