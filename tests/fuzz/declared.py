"""What a stranger's version declares of models and inputs, read and asked about a real spectrum."""

from __future__ import annotations

import json
from pathlib import Path

from recast.applies.model import Model
from recast.applies.reading import read_applies
from recast.applies.slha import read_spectrum
from recast.applies.which import Search, answer
from recast.catalogue.entries.entry import load_entry
from recast.inputs.part import BadDeclaration
from recast.inputs.rules import read_rules, rule_faults
from recast.strictjson import parse_json
from tests.fuzz.border import Border
from tests.fuzz.mutations import mutated_json

__all__ = ["BORDERS"]

ROOT = Path(__file__).resolve().parents[2]  # not of tests.conftest: the fuzzer has no pytest
EXAMPLES = ROOT / "specs/atlas-susy-2018-22/1.0.0/files/examples"

_MODELS = (
    Model("slha", read_spectrum((EXAMPLES / "sqsq_direct_1600_400.slha").read_bytes())),
    Model(masses={"squark": 1200.0, "neutralino": 300.0}, inputs={"process": "squark"}),
    Model("lhe", beams_gev=(6500.0, 6500.0)),
)
_INPUTS = {"slha": "a", "masses": [1, 2], "process": "auto", "points": ["a"]}


def feed_declaration(data: bytes) -> None:
    """The `applies` and `checks` of a version's configuration."""
    try:
        document = parse_json(data)
        document = document if isinstance(document, dict) else {}
        applies = read_applies(document.get("applies"))
        rules = read_rules(document.get("checks"))
    except (BadDeclaration, ValueError):
        return
    schema = {"type": "object", "properties": {key: {} for key in _INPUTS}}
    rule_faults(rules, _INPUTS, schema, {})
    for model in _MODELS:
        search = Search("tiny-1", "1.0.0", "Tiny", 13.0, applies, tuple(_INPUTS), lambda _: [])
        json.dumps(answer(search, model, "my.slha").as_json())


def _seeds() -> list[bytes]:
    version = load_entry(ROOT / "catalogue/atlas-susy-2018-22.yml").entry.version()
    other = load_entry(ROOT / "catalogue/cms-sus-20-004.yml").entry.version()
    return [json.dumps({"applies": it.applies, "checks": it.checks}).encode() for it in (version, other)]


BORDERS = [Border("declaration", feed_declaration, _seeds, mutated_json)]
