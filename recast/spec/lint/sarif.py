"""Findings as SARIF 2.1.0, the format in which code hosts and editors show the findings of linters."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from recast._version import __version__
from recast.json_types import JsonDict
from recast.spec.findings import Finding
from recast.spec.lint.judge import Judgement
from recast.spec.rulebook import RULES, Rule

__all__ = ["SCHEMA", "VERSION", "as_sarif"]

VERSION = "2.1.0"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {"error": "error", "warning": "warning", "note": "note"}


def as_sarif(judgements: Iterable[Judgement], base: Path) -> JsonDict:
    """Return a SARIF log with one run; files are relative to `base`, a finding in a shared file is listed once."""
    found: dict[str, JsonDict] = {}
    judgements = list(judgements)
    used = sorted({finding.code for judgement in judgements for finding in _all(judgement)})
    indexes = {code: index for index, code in enumerate(used)}
    for judgement in judgements:
        for finding in judgement.findings:
            result = _result(finding, judgement, base, indexes)
            found.setdefault(_identity(result), result)
        for silenced in judgement.silenced:
            result = _result(silenced.finding, judgement, base, indexes)
            result["suppressions"] = [{"kind": "inSource", "justification": silenced.reason}]
            found.setdefault(_identity(result), result)
    driver = {"name": "recast spec lint", "version": __version__, "rules": [_rule(code) for code in used]}
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [{"executionSuccessful": True}],
                "columnKind": "unicodeCodePoints",
                "results": list(found.values()),
            }
        ],
    }


def _all(judgement: Judgement) -> Sequence[Finding]:
    return [*judgement.findings, *(silenced.finding for silenced in judgement.silenced)]


def _rule(code: str) -> JsonDict:
    rule = RULES.get(code) or Rule(code, code, "", "")
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why or rule.title},
        "help": {"text": rule.fix or rule.title, "markdown": rule.fix or rule.title},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, judgement: Judgement, base: Path, indexes: dict[str, int]) -> JsonDict:
    place = finding.position
    text = ". ".join(part.rstrip(".") for part in (finding.what, finding.why, finding.next_step) if part) + "."
    uri = _uri(judgement.toplevel / place.file if place is not None else judgement.path, base)
    location: JsonDict = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": {"startLine": place.line if place is not None else 1},
        }
    }
    if place is not None and place.key:
        location["logicalLocations"] = [{"fullyQualifiedName": place.key}]
    stable = f"{finding.code}\n{uri}\n{place.key if place is not None else ''}"
    return {
        "ruleId": finding.code,
        "ruleIndex": indexes[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"codeAndKey/v1": hashlib.sha256(stable.encode("utf-8", "replace")).hexdigest()},
    }


def _identity(result: JsonDict) -> str:
    region = result["locations"][0]["physicalLocation"]
    return f"{result['ruleId']}\n{region['artifactLocation']['uri']}\n{region['region']}\n{result['message']['text']}"


def _uri(path: Path, base: Path) -> str:
    """Return a file as a URI relative to the base, also if it is outside the base."""
    return quote(Path(os.path.relpath(path.absolute(), base.absolute())).as_posix())
