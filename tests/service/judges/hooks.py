"""Hooks of schemathesis: half of the names in paths are those of things that are there. Runs in .venv-desk-judges."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import schemathesis

KNOWN: dict[str, list[str]] = json.loads(os.environ["RECAST_KNOWN_THINGS"])
OWN_TOKENS: list[str] = json.loads(os.environ["RECAST_OWN_TOKENS"])
_CHOICE = random.Random(18)


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Name something that is there; but for streams, which have no end."""
    if not path_parameters or context.operation.path.endswith("/events"):
        return path_parameters
    if context.operation.path.endswith("/tokens/{id}"):
        path_parameters["id"] = _CHOICE.choice(KNOWN["token"])
        return path_parameters
    for name, values in KNOWN.items():
        if name in path_parameters and _CHOICE.random() < 0.5:
            path_parameters[name] = _CHOICE.choice(values)
    return path_parameters


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Never revoke the token that the judge comes with: it takes names from answers as well, past the hook above."""
    if case.operation.path.endswith("/tokens/{id}") and case.path_parameters.get("id") in OWN_TOKENS:
        case.path_parameters["id"] = KNOWN["token"][0]
