"""Placeholders in the templates of the language, which are those of Python's `str.format`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

__all__ = ["TemplateError", "placeholders", "text_leaves"]

_FIELD = re.compile(r"(?P<head>[^.\[\]]*)(?P<rest>(\[[^\[\]]+\])*)\Z")


class TemplateError(ValueError):
    """The template is malformed, or has a field that is more than `{name}`, `{name[0]}` or `{name[key]}`."""


def placeholders(template: str) -> Iterator[str]:
    """Return the parameter name of each placeholder, '' and numbers for positional ones.

    An attribute, as in `{x.__class__}`, is a TemplateError: no spec needs it, and it reaches into Python.
    """
    try:
        fields = list(Formatter().parse(template))
    except ValueError as problem:
        raise TemplateError(str(problem)) from None
    for _, name, form, conversion in fields:
        if name is None:
            continue
        if conversion not in (None, "r", "s", "a"):
            raise TemplateError(f"the placeholder {{{name}!{conversion}}} has an unknown conversion")
        found = _FIELD.match(name)
        if found is None:
            raise TemplateError(f"the placeholder {{{name}}} is more than a parameter's name with [index] or [key]")
        yield found["head"]
        yield from placeholders(form or "")


def text_leaves(value: object) -> Iterator[str]:
    """Return all texts in a JSON value, keys of maps excepted."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from text_leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from text_leaves(item)
