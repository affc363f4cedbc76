"""The outcome of a pipeline as `report.json` has it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from recast.ci.pipeline.images import ImageRow
from recast.ci.pipeline.order import PipelineOrder
from recast.ci.pipeline.phases import Phases
from recast.ci.pipeline.runs import Gathered
from recast.ci.pipeline.trust import secret_values
from recast.ci.reference import Reference
from recast.ci.words import EXIT_CODES
from recast.json_types import JsonDict, JsonValue
from recast.masked import MASK, masked_json
from recast.terminal_safe import one_line

__all__ = ["Findings", "Outcome", "report_of", "without_secrets"]

SCHEMA = 1
_LONGEST_SENTENCE = 600


@dataclass(eq=False, slots=True)
class Findings:
    """What the phases have found so far; fields are filled in as they are known."""

    analysis: str = ""
    version: str = ""
    digest: str | None = None
    mode: str = "none"
    tests: list[JsonDict] = field(default_factory=list)
    images: list[ImageRow] = field(default_factory=list)
    runs: list[Gathered] = field(default_factory=list)
    reference: Reference | None = None
    comparison: JsonDict | None = None
    published: JsonDict | None = None

    @property
    def jobs(self) -> int:
        """The number of jobs that ran."""
        return sum(run.jobs for run in self.runs)

    @property
    def is_idle(self) -> bool:
        """Whether nothing ran: no job, no build, no test."""
        tested = any(row.get("outcome") != "cached" for row in self.tests)
        return not (self.jobs or tested or any(image.built for image in self.images))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a pipeline: its word, and the documents for `report.json` and `comparison.json`."""

    word: str
    report: JsonDict
    comparison: JsonDict | None

    @property
    def exit_code(self) -> int:
        """The exit code of the word."""
        return EXIT_CODES[self.word]


def report_of(word: str, sentence: str, order: PipelineOrder, found: Findings, phases: Phases) -> JsonDict:
    """Return the document of `report.json`."""
    reference = found.reference
    versions = sorted({run.version for run in reference.runs.values()}) if reference is not None else []
    return {
        "schema": SCHEMA,
        "analysis": found.analysis,
        "version": found.version,
        "digest": found.digest,
        "commit": order.commit,
        "ref": order.ref,
        "event": order.event,
        "word": word,
        "exit_code": EXIT_CODES[word],
        "sentence": one_line(sentence)[:_LONGEST_SENTENCE],
        "mode": found.mode,
        "phases": phases.as_json(),
        "tests": found.tests,
        "images": [image.as_json() for image in found.images],
        "runs": [run.as_json() for run in found.runs],
        "reference": {"commit": reference.commit, "digest": versions[0] if versions else None} if reference else None,
        "published": found.published,
        "reproduce": _reproduce(order),
    }


def without_secrets(document: JsonValue, values: Sequence[str] | None = None) -> JsonValue:
    """Return a document without secrets: those known by their form, and the values of variables that hold one."""
    return _replaced(masked_json(document), secret_values() if values is None else values)


def _replaced(value: JsonValue, secrets: Sequence[str]) -> JsonValue:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, dict):
        return {_replaced(key, secrets): _replaced(item, secrets) for key, item in value.items()}
    return [_replaced(item, secrets) for item in value] if isinstance(value, list) else value


def _reproduce(order: PipelineOrder) -> str:
    executor = f" --executor {shlex.quote(order.options.executor)}" if order.options.executor != "local" else ""
    checkout = f"git checkout {order.commit} && " if order.commit else ""
    return f"{checkout}recast ci run{executor}"
