"""Gathering: what a workflow published becomes typed results, or an error that names result, stage and output."""

import json
import math

import pytest

from recast.errors import ResultError
from recast.results import DeclaredResult, document, gather
from recast.results.summary import point_name
from recast.results.verdict import is_excluded, verdict

LIMIT = DeclaredResult("limit", "limit", "gather", "limits_json")
PLOT = DeclaredResult("cls", "plot", "plot", "png", "CLs")
ONE = {
    "point": {"region": "A", "m_sbottom_gev": 1400},
    "cls_obs": 0.0213731,
    "cls_exp": [0.0026, 0.01398, 0.06497, 0.23644, 0.5745],
    "expected_convention": "fitted",
}
FITTED = "expected: nuisances and auxiliary data at the fit to data"
PNG = b"\x89PNG\r\n\x1a\n...."


def run(declared, values, files):
    def read(path):
        if path not in files:
            raise FileNotFoundError(2, "No such file", path)
        return files[path]

    return gather([declared], lambda stage, output: values.get((stage, output), []), read)


def limits(value):
    return run(LIMIT, {("gather", "limits_json"): ["/recast/run/gather/l.json"]}, {"/recast/run/gather/l.json": value})


def test_a_limit_gets_its_name_its_verdict_and_the_optional_numbers():
    (result,) = limits(json.dumps([ONE]).encode())
    assert result == {
        "name": "limit",
        "type": "limit",
        **ONE,
        "mu_ul_obs": None,
        "mu_ul_exp": None,
        "excluded": True,
        "verdict": f"Excluded at 95% CL (CLs obs 0.021, expected 0.065 [0.014, 0.236]; {FITTED})",
    }


def test_one_object_a_file_and_many_files_are_taken_too():
    files = {f"/r/{i}": json.dumps({**ONE, "cls_obs": i / 10}).encode() for i in range(3)}
    results = run(LIMIT, {("gather", "limits_json"): ["/r/0", ["/r/1", "/r/2"]]}, files)
    assert [result["cls_obs"] for result in results] == [0.0, 0.1, 0.2]
    assert [result["excluded"] for result in results] == [True, False, False]
    (inline,) = run(LIMIT, {("gather", "limits_json"): [ONE]}, {})
    assert inline["excluded"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "empty"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (json.dumps({**ONE, "cls_obs": math.nan}).encode(), "NaN"),
        (json.dumps({**ONE, "cls_obs": math.inf}).encode(), "Infinity"),
        (b'{"point": {}, "cls_obs": 1e999}', "1e999"),
        (json.dumps({**ONE, "cls_obs": 1.5}).encode(), "1.5"),
        (json.dumps({**ONE, "cls_obs": None}).encode(), "None"),
        (json.dumps({**ONE, "cls_obs": "0.1"}).encode(), "'0.1'"),
        (json.dumps({**ONE, "cls_exp": [0.1] * 4}).encode(), "short"),
        (json.dumps({**ONE, "clsobs": 0.1}).encode(), "clsobs"),
        (json.dumps({"cls_obs": 0.1}).encode(), "point"),
        (json.dumps({**ONE, "excluded": False}).encode(), "excluded"),
        (json.dumps({**ONE, "type": "yields"}).encode(), "yields"),
        (b"[1]", "an object was expected"),
        (b'"text"', "an object was expected"),
    ],
)
def test_a_malformed_limit_is_refused_with_its_place(text, words):
    with pytest.raises(ResultError) as caught:
        limits(text)
    told = f"{caught.value.what} {caught.value.where} {caught.value.why}"
    assert words in told
    assert "result limit, stage gather, output limits_json" in caught.value.where
    assert caught.value.exit_code == 1


def test_a_missing_result_names_result_stage_and_output():
    with pytest.raises(ResultError, match=r"limit.*missing") as caught:
        run(LIMIT, {}, {})
    assert caught.value.code == "result.missing"
    assert caught.value.where == "result limit, stage gather, output limits_json"


def test_a_published_file_that_is_not_there_is_refused():
    with pytest.raises(ResultError, match="malformed") as caught:
        run(PLOT, {("plot", "png"): ["/recast/run/plot/cls.png"]}, {})
    assert "/recast/run/plot/cls.png" in caught.value.where


def test_a_plot_carries_its_digest_and_where_its_copy_lies():
    (plot,) = run(PLOT, {("plot", "png"): ["/r/plot/x.PNG"]}, {"/r/plot/x.PNG": PNG})
    assert plot["file"] == "files/cls.png"
    assert plot["media_type"] == "image/png"
    assert plot["size_bytes"] == len(PNG)
    assert len(plot["sha256"]) == 64


def test_several_files_of_one_result_do_not_overwrite_each_other():
    plots = run(PLOT, {("plot", "png"): [["/a/x.png", "/b/x.png"]]}, {"/a/x.png": PNG, "/b/x.png": PNG})
    assert [plot["file"] for plot in plots] == ["files/cls-0.png", "files/cls-1.png"]


@pytest.mark.parametrize("value", [3, {"a": 1}, None])
def test_a_plot_must_be_a_path(value):
    with pytest.raises(ResultError, match="malformed"):
        run(PLOT, {("plot", "png"): [value]}, {})


def test_a_plot_that_is_no_png_is_refused():
    with pytest.raises(ResultError) as caught:
        run(PLOT, {("plot", "png"): ["/r/x.png"]}, {"/r/x.png": b"<html>"})
    assert ".png" in caught.value.why


def test_verdicts():
    assert verdict({"cls_obs": 0.2444, "cls_exp": None}) == "Not excluded at 95% CL (CLs obs 0.244)"
    assert verdict(
        {"cls_obs": None, "mu_ul_obs": 0.8, "mu_ul_exp": [0.5, 0.7, 1.0, 1.4, 2.0], "expected_convention": "fitted"}
    ) == (f"Excluded at 95% CL (upper limit on mu obs 0.800, expected 1.000 [0.700, 1.400]; {FITTED})")
    nominal = verdict({"cls_obs": 0.01, "cls_exp": [0.1] * 5, "expected_convention": "nominal"})
    assert "expected 0.100 [0.100, 0.100]; expected: nuisances and auxiliary data at their nominal values" in nominal
    unsaid = verdict({"cls_obs": 0.01, "cls_exp": [0.1] * 5})
    assert unsaid.endswith("expected: convention not stated)")
    assert is_excluded({"cls_obs": 0.05}) is False
    assert is_excluded({}) is None


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"cls_obs": 2.6e-27}, "(CLs obs < 1e-6)"),
        ({"cls_obs": 0.0}, "(CLs obs < 1e-6)"),
        ({"cls_obs": 2e-6}, "(CLs obs 2.0e-06)"),
        ({"cls_obs": 2.5e-5}, "(CLs obs 2.5e-05)"),
        ({"cls_obs": 0.01, "cls_exp": [0.0, 1e-11, 1e-7, 0.004, 0.1]}, "expected < 1e-6 [< 1e-6, 0.004]"),
        ({"cls_obs": 0.0, "toys": 2000}, "(CLs obs < 1.5e-3)"),  # none of 2000 pseudo-experiments
    ],
)
def test_numbers_beyond_meaning_are_bounds(limit, words):
    assert words in verdict(limit)


def test_what_few_events_leave_undecided():
    why = "four generated events are left; some 4000 would decide"
    (found,) = limits(json.dumps([{**ONE, "undecided": why, "cls_obs": 1e-11}]).encode())
    assert (found["excluded"], found["verdict"]) == (None, f"Undecided: {why}")
    with pytest.raises(ResultError, match="malformed"):
        limits(json.dumps([{**ONE, "undecided": why, "excluded": True}]).encode())


def test_without_a_cross_section_there_is_no_verdict():
    bound = {
        "point": {"m_med_gev": 2000},
        "xsec_ul_obs_fb": 12.3,
        "xsec_ul_exp_fb": [6, 8, 10, 14, 20],
        "expected_convention": "fitted",
    }
    (found,) = limits(json.dumps([bound]).encode())
    assert found["excluded"] is None
    assert found["verdict"] == (
        "No verdict: no cross section was given (at 95% CL: upper limit on the cross section obs 12.300 fb, "
        f"expected 10.000 [8.000, 14.000] fb; {FITTED})"
    )
    (asked,) = limits(json.dumps([{**bound, "point": {"xsec_fb": 20.0}}]).encode())
    assert asked["excluded"] is True
    with pytest.raises(ResultError):
        limits(json.dumps([{"point": {}}]).encode())


def test_the_monte_carlo_error_is_said_where_it_is_given():
    (found,) = limits(json.dumps([{**ONE, "cls_obs_mc": [0.04, 0.011]}]).encode())
    assert "Monte Carlo error of the signal: CLs obs 0.011 to 0.040" in found["verdict"]
    point = {"signal_events": 8.0, "signal_error": 2.0}
    assert ", Monte Carlo error of the signal 0.25; expected:" in verdict({**ONE, "point": point})


def test_the_document_has_the_shape_of_the_contract():
    assert document("r1", "a", "1.0.0", "sha256:0", []) == {
        "run": "r1",
        "analysis": "a",
        "version": "1.0.0",
        "digest": "sha256:0",
        "results": [],
    }


def test_a_point_without_a_name_is_told_by_its_coordinates_with_few_digits():
    point = {"model": "custom", "m_zprime_gev": 3500.0, "xsec_fb": 123.20841921765775}
    assert point_name({"name": "limit", "point": point}) == "model=custom m_zprime_gev=3500 xsec_fb=123.208"
    assert point_name({"name": "limit", "point": {**point, "name": "mine"}}) == "mine"
