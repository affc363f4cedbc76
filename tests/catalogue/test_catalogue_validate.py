"""Validation: published against ours, a run for each set of inputs, and honest verdicts."""

import dataclasses

import pytest

from recast.catalogue.validate import validate
from recast.errors import ExecutorError, WorkflowFailed


def document(cls_obs=0.5, **more):
    return {"results": [{"name": "limit", "type": "limit", "point": {"word": "a"}, "cls_obs": cls_obs, **more}]}


def with_items(version, **changes):
    (item,) = version.validation
    return dataclasses.replace(version, validation=(dataclasses.replace(item, **changes),))


def judge(version, results):
    (verdict,) = validate(version, lambda *_: results)
    return verdict


def test_within_tolerance(published):
    verdict = judge(published, document(0.50004))
    assert verdict.verdict == "passed"
    assert verdict.deviation == pytest.approx(8e-5)
    assert verdict.as_json(published) == {
        "analysis": "tiny-1",
        "version": "1.0.0",
        "digest": published.digest,
        "name": "a",
        "kind": "relative",
        "published": 0.5,
        "ours": 0.50004,
        "deviation": verdict.deviation,
        "tolerance": 1e-4,
        "source": "table 1",
        "verdict": "passed",
        "reason": "",
    }


@pytest.mark.parametrize(
    ("kind", "ours", "verdict"),
    [
        ("relative", 0.4999, "failed"),
        ("absolute", 0.50005, "passed"),
        ("absolute", 0.5002, "failed"),
        ("agreement", 1.0, "passed"),
        ("agreement", 0.9, "failed"),
    ],
)
def test_kinds(published, kind, ours, verdict):
    assert judge(with_items(published, kind=kind), document(ours)).verdict == verdict


def test_a_documented_deviation_is_no_failure(published):
    verdict = judge(with_items(published, documented="Gaussian approximation breaks"), document(0.9))
    assert (verdict.verdict, verdict.reason) == ("documented", "Gaussian approximation breaks")


def test_the_quantity_is_a_pointer(published):
    version = with_items(published, quantity="/cls_exp/2")
    assert judge(version, document(0.1, cls_exp=[0, 0, 0.5, 1, 1])).verdict == "passed"
    assert "no number at /cls_exp/2" in judge(version, document(0.1, cls_exp=[0, 0])).reason
    assert "no number at /cls_exp/2" in judge(version, document(0.1, cls_exp=None)).reason


def test_no_result_and_two_results_for_a_point_fail(published):
    assert "0 results" in judge(published, {"results": []}).reason
    twice = {"results": document()["results"] * 2}
    assert "2 results" in judge(published, twice).reason


def test_items_of_equal_inputs_share_a_run(published):
    (item,) = published.validation
    other = dataclasses.replace(item, name="c", inputs={"words": ["c"]})
    version = dataclasses.replace(published, validation=(item, dataclasses.replace(item, name="b"), other))
    asked = []

    def run(_, inputs):
        asked.append(inputs)
        return document()

    assert [verdict.verdict for verdict in validate(version, run)] == ["passed"] * 3
    assert asked == [{"words": ["a", "b"]}, {"words": ["c"]}]


def test_a_failed_run_fails_its_items_with_the_reason(published):
    def run(*_):
        raise WorkflowFailed("The step /fit/0 failed", why="exit code 1")

    (verdict,) = validate(published, run)
    assert verdict.verdict == "failed"
    assert "exit code 1" in verdict.reason


def test_trouble_with_the_machine_is_no_verdict(published):
    def run(*_):
        raise ExecutorError("no executor")

    with pytest.raises(ExecutorError):
        list(validate(published, run))
