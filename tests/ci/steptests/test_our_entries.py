"""The step tests of the six shipped entries: each stage has one, they pass in their images, and each can fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.ci import steptests
from recast.ci.config import files_named
from recast.ci.steptests import How, TestOutcome
from recast.ci.steptests.subject import of_entry
from recast.paths import Places, places
from tests.conftest import ROOT
from tests.newest import newest_spec

ENTRIES = sorted(path.stem for path in (ROOT / "catalogue").glob("*.yml"))
NOT_RUN = ('if __name__ == "__main__"', 'if __name__ == "never"')
NO_PICTURES = ("plot", *NOT_RUN)
REFUSES = ("os.EX_DATAERR", "0")
FIT = ('"expected_convention"', '"cls_obs": 0.5, "mu_ul_obs": 2.0, "expected_convention"')
COUNTS: list[tuple[str, str, str]] = [
    ("prepare", *REFUSES),
    ("prepare", "value * unit_fb *", "value * 1.01 * unit_fb *"),
    ("prepare", '"notes": notes}', '"notes": []}'),
    ("fit", 'found["expected_convention"] = "fitted"', 'found |= {"cls_obs": 0.5, "mu_ul_obs": 2.0}'),
    ("gather", "limits = sorted((part", "parts = parts[1:]; limits = sorted((part"),
]
MUTATIONS: dict[str, list[tuple[str, str, str]]] = {
    "cms-sus-20-004": COUNTS,
    "cms-exo-20-004": COUNTS,
    "atlas-susy-2019-08": [
        ("prepare", *REFUSES),
        ("prepare", '"patch": known[name]', '"patch": known[name][1:] + [{"op": "x"}]'),
        ("prepare", '{**point, **xsec}', '{**point, **xsec, "xsec_fb": 46.4}'),
        ("fit", "return {\"point\"", "found[\"mu_ul_obs\"] = 2.0\n    return {\"point\""),
        ("gather", '"limits": limits,', '"limits": limits[1:],'),
        ("draw_limits", *NOT_RUN),
        ("draw_bins", *NOT_RUN),
    ],
    "atlas-susy-2018-31": [
        ("unpack", *REFUSES),
        ("unpack", "return destination / name", "return destination / 'x' / name"),
        ("fit", '"expected_convention": "fitted"', '"expected_convention": "fitted", "cls_obs": 0.5'),
        ("fit", "{problem}\", file=sys.stderr)\n        return 1", "\", file=sys.stderr)\n        return 0"),
        ("gather", "write_json(args.json, limits)", "write_json(args.json, limits[1:])"),
    ],
    "atlas-exot-2018-dilepton": [
        ("check", *REFUSES),
        ("check", "sorted(set(args.masses))", "list(args.masses)"),
        ("generate", "for line in (header, *events)", "for line in events"),
        ("count", "if place is not None", "if place is not None and flavour == 11"),
        ("count", "print(f\"count failed: {problem}\", file=sys.stderr)\n        return 1", "return 0"),
        ("fit", "args.output.write_text", 'limit["cls_obs"] = 0.5\n    args.output.write_text'),
        ("gather", 'limits.sort(key=', 'limits.sort(reverse=True, key='),
    ],
    "atlas-susy-2018-22": [
        ("check", *REFUSES),
        ("check", "[args.events] * args.batches}", "[args.events] * (args.batches + 1)}"),
        ("rate", *REFUSES),
        ("rate", "rate._asdict()", '{**rate._asdict(), "xsec_fb": 1.45}'),
        ("generate", "seed {args.seed}: {args.events} events", "{args.events}"),
        ("regions", 'Region("SR-2j-1600", 2, 0.8, 0.4, 250, 250, 2.0, 0.00, 16, 1600)',
         'Region("SR-2j-1600", 2, 0.8, 0.4, 250, 250, 2.0, 0.00, 16, 1700)'),
        ("analyse", "print(f\"analysis failed: {problem}\", file=sys.stderr)\n        return 1", "return 0"),
        ("merge", "len(set(seeds)) < len(seeds)", "not seeds"),
        ("merge", "efficiencies(counts)", "efficiencies(counts)[1:]"),
        ("fit", "patch, indent=1", "[], indent=1"),
        ("limit", '"cls_obs": best["cls_obs"]', '"cls_obs": 0.5'),
    ],
}  # fmt: skip


def read_tests(top: Path, *analyses: str) -> tuple[steptests.StepTest, ...]:
    files = [file for name in analyses for file in files_named(top, [f"tests/steps/{name}/*.yml"])]
    return steptests.load(files, top=top)


@pytest.mark.parametrize("analysis", ENTRIES)
def test_each_stage_has_a_test(analysis: str) -> None:
    tests = read_tests(ROOT, analysis)
    stages = {stage.name for stage in of_entry(ROOT / f"catalogue/{analysis}.yml").workflow.stages}
    assert {test.stage for test in tests} == stages
    assert any(test.expect.fails for test in tests), "something is refused"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Places]:
    """A home of its own, with the image store of all tests."""
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RECAST_IMAGE_STORE", os.environ.get("RECAST_TEST_IMAGES") or str(ROOT / ".cache/images"))
    for name in ("RECAST_CONFIG", "RECAST_SITE"):
        monkeypatch.setenv(name, "")
    yield places()


@pytest.mark.slow
def test_they_pass_in_their_images(built: Places, tmp_path: Path) -> None:
    tests = read_tests(ROOT, *ENTRIES)
    outcomes = steptests.run(tests, built, say=print, out=tmp_path / "out")
    assert {it.name: it.message for it in outcomes if it.outcome != "passed"} == {}
    again = steptests.run(tests, built, say=print, out=tmp_path / "out")
    assert {it.outcome for it in again} == {"cached"}


@pytest.mark.slow
def test_each_of_them_can_fail(built: Places, tmp_path: Path) -> None:
    """All scripts are spoilt at once, in a copy; each test has to notice."""
    top = tmp_path / "checkout"
    for folder in ("catalogue", "specs", "tests/steps", "tests/analyses/data"):
        shutil.copytree(ROOT / folder, top / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for analysis, mutations in MUTATIONS.items():
        for script, old, new in (*mutations, *([] if analysis == "atlas-susy-2019-08" else [NO_PICTURES])):
            file = top / newest_spec(analysis).relative_to(ROOT) / f"files/scripts/{script}.py"
            text = file.read_text()
            assert old in text, f"{analysis}: {script}.py has no {old!r}"
            file.write_text(text.replace(old, new))
    outcomes: list[TestOutcome] = steptests.run(read_tests(top, *ENTRIES), built, say=print, how=How(fresh=True))
    assert [f"{it.file} {it.name}" for it in outcomes if it.outcome != "failed"] == []
