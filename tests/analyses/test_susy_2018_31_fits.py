"""atlas-susy-2018-31: published CLs to 1e-4, missed by other statistics; own signals and hostile ones."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.analyses.chain import Bundle, items_of, verdicts
from tests.conftest import ROOT, Answer

ANALYSIS = "atlas-susy-2018-31"
POINT = "RegionA/sbottom_1400_950_60"
SHA256 = "9089b0e5fabba335bea4c94545ccca8ddd21289feeab2f85e5bcc8bada37be70"
ITEMS = items_of(ANALYSIS, "A_1400_950_60", "A_1400_950_60_expected")
OWN = {"A": {"SR_meff": [0.1, 1.3, 4.4]}}


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.of(ANALYSIS, tmp_path)


def unpack(bundle: Bundle, **inputs: Any) -> Answer:
    archive = bundle.files / "pyhf-ins1748602-probability-models.tar.gz"
    fixed = ("--archive", archive, "--sha256", SHA256, "--request", bundle.request(inputs))
    return bundle.script("unpack", *fixed, "--destination", bundle.work / "l", "--index", bundle.work / "index.yml")


def fits(bundle: Bundle, *options: object, change: Callable[[Any, Any], None] | None = None) -> list[dict[str, Any]]:
    """Fit all signals of the index; `change` may spoil the workspace and the patch before."""
    index = json.loads((bundle.work / "index.yml").read_text())
    found = []
    for point, workspace, patch, xsec in zip(*(index[key] for key in index), strict=True):
        if change is not None:
            documents = [json.loads(Path(path).read_text()) for path in (workspace, patch)]
            change(*documents)
            for path, document in zip((workspace, patch), documents, strict=True):
                Path(path).write_text(json.dumps(document))
        files = ("--workspace", workspace, "--patch", patch, "--xsec-fb", xsec, "--output", bundle.work / "limit.json")
        answer = bundle.script("fit", "--point", point, *files, *options)
        assert answer.code == 0, answer.err
        found.append({"name": "limit", **json.loads((bundle.work / "limit.json").read_text())})
    return found


def samples(patch: Any) -> list[Any]:
    return [operation["value"] for operation in patch if operation["op"] == "add"]


def luminosity(workspace: Any, patch: Any) -> None:
    for sample in samples(patch):
        sample["data"] = [0.999 * value for value in sample["data"]]


def bins_swapped(workspace: Any, patch: Any) -> None:
    for sample in samples(patch):
        sample["data"].reverse()


def systematic_dropped(workspace: Any, patch: Any) -> None:
    for sample in samples(patch):
        sample["modifiers"] = [item for item in sample["modifiers"] if item["name"] != "SigRad"]


def validation_region_kept(workspace: Any, patch: Any) -> None:
    patch[:] = [operation for operation in patch if operation["op"] != "remove"]


@pytest.mark.slow
def test_the_published_cls_comes_out_and_is_missed_by_other_statistics(bundle: Bundle) -> None:
    assert unpack(bundle, points=[POINT]).code == 0
    assert set(verdicts(ITEMS, fits(bundle)).values()) == {"passed"}
    for change in (luminosity, bins_swapped, systematic_dropped, validation_region_kept):
        assert unpack(bundle, points=[POINT]).code == 0
        found = verdicts(ITEMS, fits(bundle, change=change))
        assert "failed" in found.values(), change.__name__


@pytest.mark.slow
def test_own_patch_is_the_point_itself_and_the_limit_holds_at_five_per_cent(bundle: Bundle) -> None:
    patch = "bundle:files/examples/patch_1400_950_60.json"
    assert unpack(bundle, patch=patch, patch_region="A", xsec_fb=0.473).code == 0
    (own,) = fits(bundle, "--upper-limits", "True")
    assert own["point"] == {"name": "RegionA/own-patch", "region": "A", "xsec_fb": 0.473}
    assert own["cls_obs"] == pytest.approx(0.0213733, rel=1e-4)
    assert own["xsec_ul_obs_fb"] == pytest.approx(0.4, rel=0.15), "published: 0.0004 pb, one digit"
    assert own["mu_ul_exp"] == sorted(own["mu_ul_exp"])

    def scaled(workspace: Any, patch: Any) -> None:
        for sample in samples(patch):
            scale(sample, own["mu_ul_obs"])

    assert unpack(bundle, patch=patch, patch_region="A").code == 0
    (at_limit,) = fits(bundle, change=scaled)
    # Not to the last digit: the Monte Carlo error of a bin mixes signal and background by their sizes.
    assert at_limit["cls_obs"] == pytest.approx(0.05, rel=0.03)


def scale(sample: Any, factor: float) -> None:
    """Multiply a sample and all that is given in events by a factor."""
    sample["data"] = [factor * value for value in sample["data"]]
    for modifier in sample["modifiers"]:
        if modifier["type"] == "staterror":
            modifier["data"] = [factor * value for value in modifier["data"]]
        if modifier["type"] == "histosys":
            modifier["data"] = {key: [factor * value for value in values] for key, values in modifier["data"].items()}


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "nothing was asked for"),
        ({"yields": {"A": {"CRtt_meff": [1, 1, 1]}}}, "'SR_meff' is missing"),
        ({"yields": {"A": {"SR_meff": [1.0]}}}, "must have 3 bins"),
        ({"yields": {"B": {"SR_meff": [1, 1, 1]}}}, "unknown region 'SR_meff'"),
        ({"yields": {"D": {"SR": [1.0]}}}, "no region 'D'"),
        ({"yields": OWN, "xsec_fb": 1.0, "xsec_pb": 1.0}, "not both"),
        ({"patch": "bundle:files/examples/patch_1400_950_60.json", "patch_region": "B"}, "another workspace"),
        ({"patch": "bundle:files/examples/patch_1400_950_60.json", "patch_region": "C"}, "another workspace"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_words(bundle: Bundle, inputs: dict[str, Any], words: str) -> None:
    answer = unpack(bundle, **inputs)
    assert answer.code == os.EX_DATAERR
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_a_patch_of_another_search_is_refused(bundle: Bundle) -> None:
    other = ROOT / "specs/atlas-susy-2019-08/1.0.0/files/examples/patch_500_0.json"
    (bundle.files / "own.json").write_bytes(other.read_bytes())
    answer = unpack(bundle, patch="bundle:files/own.json", patch_region="A")
    assert (answer.code, "another" in answer.err) == (os.EX_DATAERR, True)


@pytest.mark.parametrize("name", ["a; touch /tmp/x", "$(id)", "", "x" * 81, "../../etc"])
def test_the_name_of_a_patch_cannot_be_a_command(bundle: Bundle, name: str) -> None:
    workspace = bundle.work / "l/RegionA/BkgOnly.json"
    assert unpack(bundle, yields=OWN).code == 0
    (bundle.files / "scripts/digest.py").write_text(
        "import json,sys,patches; print(patches.digest(json.load(open(sys.argv[1]))))"
    )
    digest = bundle.script("digest", workspace).out.strip()
    patch = json.loads((bundle.files / "examples/patch_1400_950_60.json").read_text())
    document = {"metadata": {"digests": {"sha256": digest}}, "patches": [{"metadata": {"name": name}, "patch": patch}]}
    (bundle.files / "own.json").write_text(json.dumps(document))
    answer = unpack(bundle, patch="bundle:files/own.json")
    assert (answer.code, "letters, digits" in answer.err) == (os.EX_DATAERR, True)


def limit(region: str, masses: str, observed: float, expected: float) -> dict[str, Any]:
    sbottom, heavy, light = map(int, masses.split("_"))
    keys = ("m_sbottom_gev", "m_neutralino2_gev", "m_neutralino1_gev")
    point = {
        "name": f"Region{region}/sbottom_{masses}",
        "region": region,
        **dict(zip(keys, (sbottom, heavy, light), strict=True)),
    }
    return {"point": {**point, "xsec_fb": 0.473}, "cls_obs": observed, "cls_exp": [0, 0, expected, 1, 1], "notes": []}


def test_the_region_is_chosen_by_expected_cls(bundle: Bundle) -> None:
    """C excludes, A is expected to say more: A's answer counts."""
    rows = [limit("A", "1400_950_60", 0.06, 0.04), limit("C", "1400_950_60", 0.001, 0.2)]
    files = []
    for index, row in enumerate(rows):
        files.append(bundle.work / f"{index}.json")
        files[-1].write_text(json.dumps(row))
    written = {name: bundle.work / f"{name}.out" for name in ("json", "csv", "best", "agreement", "contour", "yields")}
    options = [part for name, path in written.items() for part in (f"--{name}", path)]
    published = ("--published", bundle.files / "published.json", "--bounds", bundle.files / "published_limits.json")
    answer = bundle.script("gather", *published, *options, *files)
    assert answer.code == 0, answer.err
    (best,) = json.loads(written["best"].read_text())
    assert (best["point"]["best_expected_region"], best["cls_obs"]) == ("A", 0.06)
    assert best["published"]["xsec_ul_obs_fb"] == 0.4
    assert json.loads(written["agreement"].read_text())["rows"] == [[1, 0, 0.0]]


def test_each_slice_has_lines_of_its_own(bundle: Bundle) -> None:
    """Two planes of masses in one run: their points were joined to one line, or the smaller plane was left out."""
    falling = [f"{sbottom}_{heavy}_60" for sbottom in range(1000, 1600, 100) for heavy in (400, 500, 600, 700)]
    falling += [f"{sbottom}_{heavy}_{heavy - 130}" for sbottom in range(1000, 1600, 100) for heavy in (300, 400, 500)]
    files = []
    for name in falling:
        cls = 0.001 if int(name[:4]) < 1250 else 0.5
        row = limit("A", name, cls, cls)
        files.append(bundle.work / f"{name}.json")
        files[-1].write_text(json.dumps({**row, "cls_exp": [cls] * 5}))
    written = {name: bundle.work / f"{name}.out" for name in ("json", "csv", "best", "agreement", "contour", "yields")}
    options = [part for name, path in written.items() for part in (f"--{name}", path)]
    published = ("--published", bundle.files / "published.json", "--bounds", bundle.files / "published_limits.json")
    more = ("--xsec", bundle.files / "xsec_sbottom_13tev.json", "--figure", bundle.files / "figure.json")
    answer = bundle.script("gather", *published, *more, *options, *files)
    assert answer.code == 0, answer.err
    table = json.loads(written["contour"].read_text())
    rows = {(row[0], row[4]): [] for row in table["rows"]}
    for row in table["rows"]:
        rows[row[0], row[4]].append(row[3])
    heights = {"m(neutralino1) = 60 GeV": (400, 700), "m(neutralino2) - m(neutralino1) = 130 GeV": (300, 500)}
    assert {plane for _, plane in rows} == set(heights)
    assert {curve for curve, _ in rows} == {"observed", "expected", "expected -1 sigma", "expected +1 sigma"}
    for (_, plane), ys in rows.items():
        assert (min(ys), max(ys)) == heights[plane]
