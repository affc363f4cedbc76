"""atlas-susy-2019-08: the published exclusion comes out, would not with other statistics, and hostile patches fail."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analyses.chain import Bundle, items_of, verdicts
from tests.conftest import ROOT
from tests.newest import newest_spec

ANALYSIS = "atlas-susy-2019-08"
SPEC = newest_spec(ANALYSIS) / "files"
NAMES = {"limits": "limit", "yields": "yields", "agreement": "agreement", "contour": "contour"}
OWN = {"SRLMEM_mct2": [2.1, 1.9, 1.6], "SRMMEM_mct2": [1.1, 1.7, 3.0], "SRHMEM_mct2": [1.5, 2.7, 8.6]}
WORKSPACE: dict[str, Any] = json.loads((SPEC / "data/BkgOnly.json").read_text())


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.of(ANALYSIS, tmp_path)


@pytest.fixture(scope="module")
def patches() -> Iterator[ModuleType]:
    """The module of the bundle; it needs the standard library only."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    spec = importlib.util.spec_from_file_location("susy_2019_08_patches", SPEC / "scripts/patches.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.dont_write_bytecode = before


def results(bundle: Bundle, *, bounds: bool = False, toys: int = 0, **inputs: Any) -> Any:
    options = ("--workspace", bundle.files / "data/BkgOnly.json", "--upper-limits", bounds, "--toys", toys, "--seed", 1)
    data = bundle.files / "data"
    figure = ("--figure", data / "figure.json")
    gathered = ("--published", data / "published_limits.json", "--xsec", data / "xsec_c1n2_13tev.json", *figure)
    return bundle.results(options, gathered, NAMES, **inputs)


def limits(bundle: Bundle, **inputs: Any) -> dict[str, Any]:
    return {one["point"]["name"]: one for one in results(bundle, **inputs) if one["name"] == "limit"}


def some_points() -> list[str]:
    """A third of the plane, no point chosen for its answer."""
    names = sorted(
        entry["metadata"]["name"] for entry in json.loads((SPEC / "data/patchset.json").read_text())["patches"]
    )
    return names[::3]


def test_the_published_exclusion_comes_out(bundle: Bundle) -> None:
    found = results(bundle, points=some_points())
    assert verdicts(items_of(ANALYSIS, "exclusion_of_the_plane"), found) == {"exclusion_of_the_plane": "passed"}


def test_the_first_version_and_this_one_give_the_same_numbers(tmp_path: Path) -> None:
    asked = {"points": some_points()[:4], "patch": "bundle:files/examples/patch_500_0.json", "xsec_fb": 46.353}
    folders = {version: tmp_path / version for version in ("1.0.0", "1.1.0")}
    for folder in folders.values():
        folder.mkdir()
    first, newest = (
        results(Bundle.of(ANALYSIS, folder, version), bounds=True, **asked) for version, folder in folders.items()
    )
    assert first == newest


def test_signals_are_shared_among_an_even_number_of_steps_that_are_worth_their_start(bundle: Bundle) -> None:
    def sizes(**inputs: Any) -> list[int]:
        assert bundle.prepare(**inputs).code == 0
        return [len(part) for part in json.loads((bundle.work / "index.yml").read_text())["signals"]]

    points = some_points()
    assert sizes(points=points, upper_limits=False) == [21, 21]
    assert sizes(points="all", upper_limits=False) == [63, 62]
    assert sizes(points="all", upper_limits=True) == [13] * 5 + [12] * 5
    assert sizes(points=points[:3], upper_limits=True) == [2, 1]
    assert sizes(points=points[:1]) == [1]
    assert sizes(points=points[:3], toys=300) == [1, 1, 1]


def test_all_points_of_the_plane_carry_lines_and_none_goes_back_along_itself(bundle: Bundle) -> None:
    """The line was drawn round the one point 300, 150 at the kinematic limit, twice over a gap of 100 GeV."""
    contour = next(one for one in results(bundle, points="all") if one["name"] == "contour")
    lines: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for curve, part, x, y, _ in contour["rows"]:
        lines.setdefault((curve, part), []).append((x, y))
    assert set(lines) == {(name, 0) for name in ("observed", "expected", "expected -1 sigma", "expected +1 sigma")}
    for line in lines.values():
        assert all(abs(bx - ax) <= 100.0 and abs(by - ay) <= 100.0 for (ax, ay), (bx, by) in pairwise(line))
        assert max(y for x, y in line if x < 330.0) < 180.0


def scaled(factor: float) -> Callable[[Any], None]:
    def change(patchset: Any) -> None:
        for entry in patchset["patches"]:
            for operation in entry["patch"]:
                operation["value"]["data"] = [factor * value for value in operation["value"]["data"]]

    return change


def bins_swapped(patchset: Any) -> None:
    for entry in patchset["patches"]:
        for operation in entry["patch"]:
            operation["value"]["data"].reverse()


def without_uncertainty(workspace: Any) -> None:
    for channel in workspace["channels"]:
        channel["samples"][0]["modifiers"][0]["data"] = dict.fromkeys(
            ("hi_data", "lo_data"), channel["samples"][0]["data"]
        )


def other_data(workspace: Any) -> None:
    for channel in workspace["observations"]:
        if channel["name"].startswith("SR"):
            channel["data"] = [3.0 * value for value in channel["data"]]


MUTATIONS = {
    "luminosity of 36": ("data/patchset.json", scaled(36.1 / 139.0)),
    "luminosity of 3000": ("data/patchset.json", scaled(3000.0 / 139.0)),
    "other data": ("data/BkgOnly.json", other_data),
}


@pytest.mark.rare
@pytest.mark.parametrize("name", MUTATIONS)
def test_other_statistics_miss_the_published_exclusion(bundle: Bundle, name: str) -> None:
    bundle.edit(*MUTATIONS[name])
    accept_digest(bundle)
    found = results(bundle, points=some_points())
    assert verdicts(items_of(ANALYSIS, "exclusion_of_the_plane"), found) == {"exclusion_of_the_plane": "failed"}


@pytest.mark.rare
@pytest.mark.parametrize(
    ("path", "change"), [("data/patchset.json", bins_swapped), ("data/BkgOnly.json", without_uncertainty)]
)
def test_a_swapped_bin_and_a_dropped_uncertainty_move_the_pinned_limits(
    bundle: Bundle, path: str, change: Callable[[Any], None]
) -> None:
    points = ["C1N2_Wh_hbb_300_0", "C1N2_Wh_hbb_600_100"]
    items = items_of(ANALYSIS, "own_xsec_ul_300_0", "own_xsec_ul_600_100")
    assert set(verdicts(items, results(bundle, bounds=True, points=points)).values()) == {"passed"}
    bundle.edit(path, change)
    accept_digest(bundle)
    assert "failed" in verdicts(items, results(bundle, bounds=True, points=points)).values()


def accept_digest(bundle: Bundle) -> None:
    """Accept whatever workspace the copy holds now, as an owner would."""
    code = "import json,sys,pyhf; print(pyhf.utils.digest(json.load(open(sys.argv[1]))))"
    script = bundle.files / "scripts" / "digest.py"
    script.write_text(code)
    answer = bundle.script("digest", bundle.files / "data/BkgOnly.json")
    bundle.edit("data/digests.json", lambda known: known["patchset.json"].update(found_sha256=answer.out.strip()))


def test_the_override_of_a_digest_counts_for_these_bytes_only(bundle: Bundle) -> None:
    assert bundle.prepare(points=["C1N2_Wh_hbb_500_0"]).code == 0
    assert any("accepted by" in note for note in json.loads(Path(bundle.signals()[0]).read_text())["notes"])
    bundle.edit("data/BkgOnly.json", other_data)
    answer = bundle.prepare(points=["C1N2_Wh_hbb_500_0"])
    assert (answer.code, "no owner accepted" in answer.err) == (os.EX_DATAERR, True)


def test_an_override_without_a_reason_does_not_count(bundle: Bundle) -> None:
    bundle.edit("data/digests.json", lambda known: known["patchset.json"].update(reason=""))
    assert bundle.prepare(points=["C1N2_Wh_hbb_500_0"]).code == os.EX_DATAERR


def test_own_patch_yields_and_efficiencies_are_the_point_itself(bundle: Bundle) -> None:
    point = "C1N2_Wh_hbb_500_0"
    assert bundle.prepare(points=[point]).code == 0
    signal = json.loads(Path(bundle.signals()[0]).read_text())
    names = [channel["name"] for channel in WORKSPACE["channels"]]
    events = {names[int(op["path"].split("/")[2])]: op["value"]["data"] for op in signal["patch"]}
    shares = {name: [value / 46.353 / 139.0 for value in values] for name, values in events.items()}
    patch = "bundle:files/examples/patch_500_0.json"
    found = limits(bundle, bounds=True, points=[point], yields=events, efficiencies=shares, patch=patch, xsec_fb=46.353)
    assert set(found) == {point, "own-yields", "own-efficiencies", "own-patch"}
    for one in found.values():
        assert one["cls_obs"] == pytest.approx(found[point]["cls_obs"], rel=1e-4)
        assert one["xsec_ul_obs_fb"] == pytest.approx(found[point]["xsec_ul_obs_fb"], rel=1e-3)


def test_efficiencies_without_a_cross_section_have_upper_limits_and_no_verdict(bundle: Bundle) -> None:
    shares = {name: [value / 46.353 / 139.0 for value in values] for name, values in OWN.items()}
    tested = limits(bundle, bounds=True, efficiencies=shares, xsec_fb=46.353)["own-efficiencies"]
    alone = limits(bundle, bounds=False, efficiencies=shares, toys=10)["own-efficiencies"]
    assert [alone[key] for key in ("cls_obs", "cls_exp", "mu_ul_obs", "mu_ul_exp")] == [None] * 4
    assert alone["xsec_ul_obs_fb"] == pytest.approx(tested["xsec_ul_obs_fb"], rel=3e-3)
    assert any(note.startswith("no cross section was given: no CLs") for note in alone["notes"])
    yields = limits(bundle, bounds=True, yields=OWN)["own-yields"]
    assert yields["cls_obs"] is not None
    assert yields.get("xsec_ul_obs_fb") is None


def test_a_signal_uncertainty_weakens_the_limit(bundle: Bundle) -> None:
    sharp, soft = (
        limits(bundle, bounds=True, yields=OWN, signal_uncertainty=error)["own-yields"]["mu_ul_exp"][2]
        for error in (0.0, 0.4)
    )
    assert soft > 1.02 * sharp


def test_cls_is_that_of_pyhf(bundle: Bundle) -> None:
    """The profile makes its fits once; pyhf's own test makes them anew for each mu."""
    (bundle.files / "scripts" / "reference.py").write_text(
        """
import json, sys
import asymptotics, pyhf_profile, pyhf
workspace = pyhf.Workspace(json.load(open(sys.argv[1])))
signal = json.load(open(sys.argv[2]))
model = workspace.model(patches=[signal["patch"]], modifier_settings=pyhf_profile.INTERPOLATION)
data = workspace.data(model)
theirs = pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde", return_expected_set=True)
ours = asymptotics.answer(pyhf_profile.PyhfProfile(model, data), with_upper_limits=True)
at_limit = pyhf.infer.hypotest(ours["mu_ul_obs"], data, model, test_stat="qtilde")
print(json.dumps([[float(theirs[0]), *map(float, theirs[1])], [ours["cls_obs"], *ours["cls_exp"]], float(at_limit)]))
"""
    )
    points = ["C1N2_Wh_hbb_800_0", "C1N2_Wh_hbb_300_150", "C1N2_Wh_hbb_250_100"]
    assert bundle.prepare(points=points).code == 0
    for signal in bundle.signals():
        answer = bundle.script("reference", bundle.files / "data/BkgOnly.json", signal)
        assert answer.code == 0, answer.err
        theirs, ours, at_limit = answer.json
        assert ours == pytest.approx(theirs, rel=1e-4)
        assert at_limit == pytest.approx(0.05, rel=5e-3)


def test_a_fit_that_does_not_converge_has_failed_with_its_reason(bundle: Bundle) -> None:
    bundle.edit("data/BkgOnly.json", lambda spec: spec["observations"][5].update(data=[1e300, 5.0, 3.0]))
    accept_digest(bundle)
    assert bundle.prepare(points=["C1N2_Wh_hbb_500_0"]).code == 0
    options = ("--workspace", bundle.files / "data/BkgOnly.json", "--upper-limits", True, "--toys", 0, "--seed", 1)
    answer = bundle.script("fit", *options, "--output", bundle.work / "l.json", *bundle.signals())
    assert answer.code == 1
    assert "fit of C1N2_Wh_hbb_500_0 failed: the " in answer.err
    assert not (bundle.work / "l.json").exists()


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "nothing was asked for"),
        ({"points": ["C1N2_Wh_hbb_501_0"]}, "the nearest are: C1N2_Wh_hbb_500_0"),
        ({"yields": {"SRLMEM_mct2": [1, 1, 1], "SRMMEM_mct2": [1, 1, 1]}}, "'SRHMEM_mct2' is missing"),
        ({"yields": {**OWN, "SRHMEM": [1.0]}}, "unknown region 'SRHMEM'"),
        ({"yields": {**OWN, "SRHMEM_mct2": [1.0, 1.0]}}, "must have 3 bins"),
        ({"yields": {**OWN, "SRHMEM_mct2": [1.0, -1.0, 1.0]}}, "at least 0"),
        ({"yields": OWN, "xsec_fb": 1.0, "xsec_pb": 1.0}, "not both"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_words(bundle: Bundle, inputs: dict[str, Any], words: str) -> None:
    answer = bundle.prepare(**inputs)
    assert answer.code == os.EX_DATAERR
    assert words in answer.err
    assert "Traceback" not in answer.err


def operation(**changes: Any) -> dict[str, Any]:
    value = {"name": "s", "data": [1.0], "modifiers": [{"name": "mu_Sig", "type": "normfactor", "data": None}]}
    return {"op": "add", "path": "/channels/0/samples/-", "value": value, **changes}


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ("not JSON", "is not JSON"),
        ("NaN", "is not JSON"),
        ({"a": 1}, "neither a JSON patch"),
        ([{"op": "replace", "path": "/observations/0/data", "value": [0]}], "does more than add"),
        ([operation(path="/channels/0/samples/0/data")], "does more than add"),
        ([operation(path="/channels/99/samples/-")], "names channel 99"),
        ([operation(path="/channels/5/samples/-")], "must have 3 bins"),
        ([operation(value={"name": "s", "data": [1.0], "modifiers": []})], "a patch for another workspace?"),
        ([operation(value={"name": "s", "data": [1.0]})], "no list of modifiers"),
        ([operation(value={"name": "s", "data": [True], "modifiers": []})], "finite number"),
        ([{"op": "remove", "path": "/channels/5"}], "no validation region"),
        ([5], "does more than add"),
        (["x"] * 1001, "1 to 1000"),
        ({"metadata": {"digests": {"sha256": "0" * 64}}, "patches": []}, "for another workspace"),
    ],
)
def test_hostile_patches_are_refused(bundle: Bundle, patch: Any, words: str) -> None:
    own = bundle.files / "own.json"
    own.write_text(patch if isinstance(patch, str) else json.dumps(patch))
    answer = bundle.prepare(patch="bundle:files/own.json")
    assert answer.code == os.EX_DATAERR
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_a_patch_of_another_search_is_refused(bundle: Bundle) -> None:
    other = ROOT / "specs/atlas-susy-2018-31/1.0.0/files/examples/patch_1400_950_60.json"
    (bundle.files / "own.json").write_bytes(other.read_bytes())
    answer = bundle.prepare(patch="bundle:files/own.json")
    assert (answer.code, "another workspace" in answer.err) == (os.EX_DATAERR, True)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=30),
        lambda x: st.lists(x) | st.dictionaries(st.text(max_size=8), x),
        max_leaves=20,
    )
)
def test_no_document_is_taken_for_a_patch_or_crashes(patches: ModuleType, document: Any) -> None:
    with pytest.raises(patches.Refused):
        patches.check(document, WORKSPACE, "own")


@given(st.lists(st.floats(0, 1e6), min_size=9, max_size=9))
def test_yields_become_a_patch_that_gives_them_back(patches: ModuleType, numbers: list[float]) -> None:
    names = [name for name in patches.bins_of(WORKSPACE) if name.startswith("SR")]
    yields = {name: numbers[3 * i : 3 * i + 3] for i, name in enumerate(names)}
    patch, notes = patches.of_yields(yields, WORKSPACE)
    patches.check(patch, WORKSPACE, "own")
    assert patches.signal_yields(patch, WORKSPACE) == yields
    assert "WREM_cuts" in notes[0]
