"""JUnit XML, read back by junitparser, which we did not write."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped

from recast.ci.report.junit import junit
from tests.ci.report.documents import EVIL, compared, report


def read(content: bytes, folder: Path) -> JUnitXml:
    path = folder / "junit.xml"
    path.write_bytes(content)
    return JUnitXml.fromfile(str(path))


def test_an_independent_reader_counts_the_same(tmp_path: Path) -> None:
    comparison = compared()
    found = read(junit(report(comparison), comparison), tmp_path)
    suites = {suite.name: suite for suite in found}
    assert set(suites) == {"recast ci phases", "recast ci steps", "recast ci physics"}
    told = [(suite.tests, suite.failures, suite.errors, suite.skipped) for suite in found]
    for suite in found:
        suite.update_statistics()
    assert told == [(suite.tests, suite.failures, suite.errors, suite.skipped) for suite in found]
    assert (found.tests, found.failures) == (sum(it[0] for it in told), sum(it[1] for it in told))
    phases = {case.name: [type(result) for result in case.result] for case in suites["recast ci phases"]}
    assert phases == {"lint": [], "tests": [Failure], "push": [Skipped], "run": [Error]}
    steps = {case.name: [type(result) for result in case.result] for case in suites["recast ci steps"]}
    assert steps == {"rate": [Failure], "fit": [], "slow": [Error]}


def test_quantities_are_test_cases(tmp_path: Path) -> None:
    comparison = compared()
    sample = comparison["quantities"][0]
    words = ("same", "within", "announced", "new", "moved", "gone", "undecided", "unstable")
    comparison["quantities"] = [{**sample, "pointer": f"demo/{word}", "verdict": word} for word in words]
    comparison["histograms"] = []
    (suite,) = [it for it in read(junit(report(), comparison), tmp_path) if it.name == "recast ci physics"]
    assert {case.name: [type(result) for result in case.result] for case in suite} == {
        **{f"demo/{word}": [] for word in words[:4]},
        "demo/moved": [Failure], "demo/gone": [Failure], "demo/undecided": [Error], "demo/unstable": [Skipped],
    }  # fmt: skip


def test_an_empty_report_is_a_document(tmp_path: Path) -> None:
    found = read(junit(report(phases=[], tests=[]), None), tmp_path)
    assert list(found) == [] and found.tests == 0


@given(text=st.text(max_size=60))
def test_any_text_is_well_formed(text: str) -> None:
    tests = [{"name": text, "stage": text, "file": text, "outcome": "failed", "message": text, "seconds": 1e9}]
    ElementTree.fromstring(junit(report(tests=tests, analysis=text), None))


def test_strangers_text_is_text(tmp_path: Path) -> None:
    tests = [{"name": EVIL, "outcome": "failed", "message": EVIL, "seconds": float("nan")}]
    (case,) = [
        case for suite in read(junit(report(tests=tests), None), tmp_path) for case in suite if "steps" in suite.name
    ]
    assert case.name.startswith("<script>") and "\\u0000" in case.name
