"""The report as JUnit XML, which every forge shows: phases, tests of steps, quantities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from recast.ci.report.rows import all_rows, by_importance, cells
from recast.json_types import JsonObject, JsonValue
from recast.terminal_safe import as_utf8, visible

__all__ = ["junit"]

_MOST = 4000
_MOST_NAME = 300
_MOST_CASES = 5000


@dataclass(frozen=True, slots=True)
class Case:
    """One test case: `fault` is `failure`, `error` or `skipped`, empty if it passed."""

    group: str
    name: str
    seconds: float
    fault: str = ""
    message: str = ""
    file: str = ""


def junit(report: JsonObject, comparison: JsonObject | None) -> bytes:
    """Return a document of up to three suites: `phases`, `steps`, `physics`.

    A quantity that moved is a failure, one that is undecided an error (the commit does not pass), one that is unstable
    is skipped; of many thousands the most important are there. A phase that the infrastructure blocked is an error, one
    that the commit broke a failure.
    """
    suites = {
        "phases": [_phase(phase) for phase in (report.get("phases") or ())],
        "steps": [_test(test) for test in (report.get("tests") or ())],
        "physics": list(_physics(comparison)),
    }
    root = ElementTree.Element("testsuites", {"name": _text(str(report.get("analysis") or "recast ci"), _MOST_NAME)})
    totals = [0, 0, 0, 0]
    for name, cases in suites.items():
        if cases:
            counts = _suite(root, name, cases)
            totals = [total + count for total, count in zip(totals, counts, strict=True)]
    for key, count in zip(("tests", "failures", "errors"), totals, strict=False):
        root.set(key, str(count))
    root.set("time", _seconds(sum(case.seconds for cases in suites.values() for case in cases)))
    ElementTree.indent(root, " ")
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _suite(root: ElementTree.Element, name: str, cases: list[Case]) -> tuple[int, int, int, int]:
    faults = [sum(case.fault == fault for case in cases) for fault in ("failure", "error", "skipped")]
    suite = ElementTree.SubElement(root, "testsuite", {"name": f"recast ci {name}", "tests": str(len(cases))})
    for key, count in zip(("failures", "errors", "skipped"), faults, strict=True):
        suite.set(key, str(count))
    suite.set("time", _seconds(sum(case.seconds for case in cases)))
    for case in cases:
        attributes = {"classname": _text(case.group, _MOST_NAME), "name": _text(case.name, _MOST_NAME)}
        attributes["time"] = _seconds(case.seconds)
        if case.file:
            attributes["file"] = _text(case.file, _MOST_NAME)
        element = ElementTree.SubElement(suite, "testcase", attributes)
        if case.fault:
            said = ElementTree.SubElement(element, case.fault, {"message": _text(case.message.partition("\n")[0], 500)})
            if case.fault != "skipped":
                said.set("type", case.fault)
                said.text = _text(case.message, _MOST)
    return len(cases), *faults  # type: ignore[return-value]


def _phase(phase: JsonObject) -> Case:
    word = str(phase.get("word"))
    fault = {"passed": "", "skipped": "skipped", "blocked": "error", "undecided": "error"}.get(word, "failure")
    detail = f"{word}: {phase['detail']}" if phase.get("detail") else word
    return Case(
        "recast.ci.phases", str(phase.get("name")), _number(phase.get("seconds")), fault, detail if fault else ""
    )


def _test(test: JsonObject) -> Case:
    outcome = str(test.get("outcome"))
    fault = {"passed": "", "cached": "", "failed": "failure"}.get(outcome, "error")
    group = ".".join(filter(None, ("recast.ci.steps", str(test.get("stage") or "").replace(".", "_"))))
    message, file = str(test.get("message") or outcome), str(test.get("file") or "")
    return Case(group, str(test.get("name")), _number(test.get("seconds")), fault, message if fault else "", file)


def _physics(comparison: JsonObject | None) -> Iterator[Case]:
    faults = {"moved": "failure", "gone": "failure", "undecided": "error", "unstable": "skipped"}
    for row in by_importance(all_rows(comparison))[:_MOST_CASES]:
        fault, shown = faults.get(str(row.get("verdict")), ""), cells(row)
        words = f"{shown.cells[-1]}: {shown.cells[2]} → {shown.cells[3]}"
        message = "\n".join(filter(None, (words, shown.why)))
        run = shown.cells[0].partition("/")[0].replace(".", "_")
        yield Case(f"recast.ci.physics.{run}", shown.cells[0], 0.0, fault, message if fault else "")


def _text(text: str, most: int) -> str:
    """Return a text that XML 1.0 can hold."""
    return as_utf8(visible(text, most))


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _number(value: JsonValue) -> float:
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return max(float(value), 0.0) if known and value == value and value < 1e12 else 0.0
