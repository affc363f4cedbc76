"""Convert names or numbers of an entry's points back into masses, with the templates of its topologies (`run`)."""

from __future__ import annotations

import re
from typing import Any

from recast.applies.declared import Topology
from recast.json_types import JsonObject

__all__ = ["FIELD", "masses_of_point", "template_pattern"]

FIELD = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_NUMBER = r"(\d{1,6}(?:\.\d{1,3})?)"


def template_pattern(template: str) -> re.Pattern[str]:
    """Return the regular expression for the names that a template generates, with a group for each mass."""
    return re.compile(_NUMBER.join(re.escape(part) for part in FIELD.split(template)[::2]))


def masses_of_point(topology: Topology, inputs: JsonObject) -> dict[str, float] | None:
    """Return the masses of the single point in the inputs, by particle; None if there is none, or several."""
    masses: dict[str, float] = {}
    for key, template in topology.run.items():
        if not isinstance(template, list) or key not in inputs:
            continue
        value = inputs[key]
        found = _of_list(template, value) if isinstance(value, list) else None
        if found is None:
            return None
        masses |= found
    return masses or None


def _of_list(template: list[Any], value: list[Any]) -> dict[str, float] | None:
    """Return masses of a list that is the template filled in, or that has one name that one of the templates makes."""
    alone = [FIELD.fullmatch(item) if isinstance(item, str) else None for item in template]
    if all(alone) and len(value) == len(template):
        numbers = [item for item in value if isinstance(item, (int, float)) and not isinstance(item, bool)]
        if len(numbers) == len(template):
            return {field[1]: float(item) for field, item in zip(alone, numbers, strict=True) if field is not None}
        return None
    if len(value) != 1 or not isinstance(value[0], str):
        return None
    for item in template:
        found = template_pattern(item).fullmatch(value[0]) if isinstance(item, str) else None
        if found is not None:
            return {name: float(text) for name, text in zip(FIELD.findall(item), found.groups(), strict=True)}
    return None
