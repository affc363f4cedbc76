"""`recast results --export hepdata`: every type of result, alone and together, judged by HEPData's own validator."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from recast.cli.app import run
from recast.errors import NotFound
from recast.exports.hepdata import Resource, submission
from recast.exports.quantity import named
from recast.paths import places
from recast.results import document
from recast.results.subject import Subject
from recast.rundir import RunDirectory, RunOrder
from recast.scans.record import ScanRecord, scans_folder
from tests.conftest import ROOT
from tests.waiting import BOUND_S

METADATA = {
    "title": "Search for sbottoms",
    "collaboration": "ATLAS",
    "references": {"arxiv": "1908.03122", "doi": "10.1007/JHEP12(2019)060", "inspire": 1748602},
    "sqrts_tev": 13,
    "luminosity_inv_fb": 139,
    "final_states": ["3 or more b-jets"],
    "models": ["bottom squark pair", "x" * 129],
    "authority": "community",
}
SUBJECT = Subject("ab12", "a-1@1.0.0", "sha256:" + "1" * 64, "2026-01-02", {"mass_gev": 1400}, METADATA)


def limit(mass: float, **more: Any) -> dict[str, Any]:
    point = {"name": f"A_{mass}", "region": "A", "m_sbottom_gev": mass}
    whole = {"name": "limit", "type": "limit", "point": point, "cls_obs": 0.02,
             "cls_exp": [0.002, 0.01, 0.06, 0.2, 0.5], "mu_ul_obs": 0.7, "mu_ul_exp": None,
             "excluded": True, "verdict": "Excluded"}  # fmt: skip
    return {**whole, **more}


RESULTS: dict[str, list[dict[str, Any]]] = {
    "limit": [
        limit(1300, published={"cls_obs": 0.03, "source": "table 1"}, xsec_ul_obs_fb=1.2,
              xsec_ul_exp_fb=[1, 2, 3, 4, 5]),
        limit(1400, cls_exp=None, cls_obs=None, mu_ul_obs=2.0, excluded=False),
        limit(1500, cls_exp=[0.0] * 5, cls_obs=0.0),
    ],
    "yields": [{"name": "yields", "type": "yields", "regions": [
        {"region": "A", "observed": 3, "background": 2.5, "background_error": 0.5, "signal": 4.2, "signal_error": 0.0},
        {"region": "B", "observed": None, "background": 1.0, "background_error": None},
    ]}],
    "efficiency": [{"name": "ae", "type": "efficiency", "point": {"m_sbottom_gev": 1300}, "regions": [
        {"region": "A", "efficiency": 0.2, "error": 0.01}, {"region": "B", "efficiency": 0.0, "error": 0.0}]}],
    "cutflow": [{"name": "cuts", "type": "cutflow", "region": name, "steps": [
        {"name": "all", "events": 10.0, "error": 1.0, "raw": 100}, {"name": "all", "events": 5, "error": None}]}
        for name in ("A", "B")],
    "table": [{"name": "contour", "type": "table", "title": "Exclusion contour", "columns": [
        {"name": "curve"}, {"name": "part"}, {"name": "m_sbottom", "unit": "GeV"},
        {"name": "m_neutralino2", "unit": "GeV"}],
        "rows": [["observed", 0, 1300.0, 200.0], ["observed", 0, 1350, None]]}],
}  # fmt: skip


def judged(*folders: Path) -> dict[str, list[str]]:
    python = Path(os.environ.get("HEPDATA_PYTHON") or ROOT / ".venv-hepdata/bin/python")
    assert python.exists(), f"hepdata-validator is missing at {python}; type: make setup-test"
    command = [str(python), str(Path(__file__).parent / "hepdata_judge.py"), *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def written(folder: Path, results: list[dict[str, Any]], subject: Subject = SUBJECT, resources: Any = ()) -> Path:
    folder.mkdir()
    for name, content in submission(results, subject, {"limit": "Exclusion " * 9}, resources).items():
        (folder / name).write_bytes(content)
    return folder


def read(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / name).read_text())
    return found


def test_every_type_alone_and_all_together_are_valid(tmp_path: Path) -> None:
    folders = [written(tmp_path / kind, results) for kind, results in RESULTS.items()]
    every = [result for results in RESULTS.values() for result in results]
    folders += [written(tmp_path / "all", every), written(tmp_path / "bare", every, Subject("ab12"))]
    assert judged(*folders) == {str(folder): [] for folder in folders}


def test_the_validator_would_say_what_is_wrong(tmp_path: Path) -> None:
    folder = written(tmp_path / "x", RESULTS["yields"])
    (folder / "stray.txt").write_text("")
    assert judged(folder)[str(folder)] == ["stray.txt is not referenced in the submission."]


def test_a_limit_has_a_table_for_each_quantity_with_its_band(tmp_path: Path) -> None:
    folder = written(tmp_path / "x", RESULTS["limit"])
    assert {path.name for path in folder.iterdir()} == {
        "submission.yaml", "limit_cls.yaml", "limit_mu_ul.yaml", "limit_xsec_ul.yaml"
    }  # fmt: skip
    cls = read(folder, "limit_cls.yaml")
    assert [column["header"] for column in cls["independent_variables"]] == [
        {"name": "name"}, {"name": "region"}, {"name": "m(sbottom)", "units": "GEV"}
    ]  # fmt: skip
    observed, expected, published, verdict = cls["dependent_variables"]
    assert [value["value"] for value in observed["values"]] == [0.02, "-", 0.0]
    first, missing, zero = expected["values"]
    assert first["value"] == 0.06
    assert [error["label"] for error in first["errors"]] == ["1 sigma", "2 sigma"]
    assert first["errors"][0]["asymerror"] == pytest.approx({"plus": 0.14, "minus": -0.05})
    assert (missing, zero) == ({"value": "-"}, {"value": 0.0})
    assert published["qualifiers"][-1] == {"name": "Source", "value": "table 1"}
    assert [value["value"] for value in verdict["values"]] == ["yes", "no", "yes"]
    assert observed["qualifiers"][:2] == [
        {"name": "SQRT(S)", "value": 13000.0, "units": "GEV"},
        {"name": "LUMINOSITY", "value": 139, "units": "fb$^{-1}$"},
    ]
    assert read(folder, "limit_xsec_ul.yaml")["dependent_variables"][0]["header"]["units"] == "FB"


def test_what_is_undecided_or_not_validated_is_said_in_the_description(tmp_path: Path) -> None:
    """A CLs of a point without a verdict stood there like any other."""
    few = limit(1600, excluded=None, undecided="more events: 3 are left", notes=["outside the validated range"])
    folder = written(tmp_path / "out", [limit(1300, notes=[f"note {number}" for number in range(20)]), few])
    words = next(table["description"] for table in documents(folder) if table.get("name", "").startswith("CLs at"))
    assert "1 of 2 points are undecided. Undecided: more events: 3 are left. Outside the validated range." in words
    assert "And 13 more notes" in words
    assert judged(folder) == {str(folder): []}


def documents(folder: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((folder / "submission.yaml").read_text()))


def test_the_first_document_says_whose_word_this_is(tmp_path: Path) -> None:
    folder = written(tmp_path / "x", RESULTS["limit"])
    header, table, *_ = yaml.safe_load_all((folder / "submission.yaml").read_text())
    for words in ("reinterpretation", "ATLAS", "community", "a-1@1.0.0", SUBJECT.digest, "1908.03122", "ab12", "1400"):
        assert words in header["comment"]
    assert [item["location"] for item in header["additional_resources"]] == [
        "https://arxiv.org/abs/1908.03122", "https://inspirehep.net/literature/1748602"
    ]  # fmt: skip
    keywords = {item["name"]: item["values"] for item in table["keywords"]}
    assert keywords["cmenergies"] == [13000.0]
    assert keywords["observables"] == ["CLS"]
    assert "3 or more b-jets" in keywords["phrases"]


def test_tables_of_one_title_have_names_of_their_own(tmp_path: Path) -> None:
    twice = [RESULTS["table"][0], {**RESULTS["table"][0], "name": "other", "title": "Exclusion contour"}]
    folder = written(tmp_path / "x", twice)
    _, first, second = yaml.safe_load_all((folder / "submission.yaml").read_text())
    assert [first["name"], second["name"]] == ["Exclusion contour", "Exclusion contour (2)"]
    assert [column["header"]["name"] for column in read(folder, "contour.yaml")["dependent_variables"]] == [
        "m_neutralino2"
    ]


def test_nothing_to_export_is_said() -> None:
    with pytest.raises(NotFound, match="no numbers"):
        submission([{"name": "f", "type": "file"}], SUBJECT, {})


@pytest.mark.parametrize(
    ("key", "name", "unit"),
    [
        ("m_chargino_gev", "m(chargino)", "GEV"),
        ("region", "region", ""),
        ("xsec_fb", "Cross section", "FB"),
        ("gev", "gev", ""),
    ],
)
def test_names_and_units(key: str, name: str, unit: str) -> None:
    assert named(key) == (name, unit)


def test_the_command_puts_plots_and_files_beside_the_tables(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = {"name": "cls", "type": "plot", "title": "CLs per point", "file": "files/cls.png"}
    run_dir = a_run(tmp_path, [*RESULTS["limit"], plot], monkeypatch)
    (run_dir / "results/files").mkdir()
    (run_dir / "results/files/cls.png").write_bytes(b"\x89PNG")
    folder = tmp_path / "out"
    assert run(["results", "last", "--export", "hepdata", str(folder)]) == 0, capsys.readouterr().err
    assert "not in your catalogue" in capsys.readouterr().err
    assert judged(folder) == {str(folder): []}
    header = next(yaml.safe_load_all((folder / "submission.yaml").read_text()))
    assert header["additional_resources"] == [{"location": "cls.png", "description": "CLs per point"}]
    assert run(["results", "last", "--export", "hepdata", str(folder)]) == 2
    assert "not empty" in capsys.readouterr().err


def test_a_run_of_a_scan_brings_the_lines_of_the_scan(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_run(tmp_path, RESULTS["limit"], monkeypatch)
    record = ScanRecord("5ca4", 0.0, "a-1", "1.0.0", SUBJECT.digest, ["m_a_gev", "m_b_gev"], [], runs=["ab12"])
    record.published = [[(1.0, 2.0), (3.0, 4.0)]]
    folder = scans_folder(places()) / "5ca4"
    record.save(folder)
    (folder / "contour.json").write_text(json.dumps({"contours": {"observed": [[[100, 50.5], [200, 60]]]}}))
    out = tmp_path / "out"
    assert run(["results", "last", "--export", "hepdata", str(out)]) == 0, capsys.readouterr().err
    assert judged(out) == {str(out): []}
    lines = read(out, "scan_contour.yaml")
    assert [value["value"] for value in lines["independent_variables"][0]["values"]] == ["observed"] * 2 + [
        "published"
    ] * 2
    assert lines["dependent_variables"][0]["header"] == {"name": "m(b)", "units": "GEV"}
    assert [value["value"] for value in lines["dependent_variables"][0]["values"]] == [50.5, 60.0, 2.0, 4.0]


def test_a_run_without_patches_has_none_for_pyhf(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_run(tmp_path, RESULTS["limit"], monkeypatch)
    assert run(["results", "last", "--export", "pyhf", str(tmp_path / "out")]) == 6
    assert "no pyhf patches" in capsys.readouterr().err


def a_run(tmp_path: Path, results: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a run whose version is not in the catalogue."""
    folder = tmp_path / "ab12"
    (folder / "results").mkdir(parents=True)
    (folder / "spec").mkdir()
    (folder / "spec/workflow.yml").write_text("stages: []\n")
    request = RunOrder("ab12", 0.0, "workflow.yml", {}, {}, "a-1", "1.0.0", SUBJECT.digest)
    RunDirectory(folder).write_request(request)
    whole = document("ab12", "a-1", "1.0.0", SUBJECT.digest, results)
    (folder / "results/results.json").write_text(json.dumps(whole))
    monkeypatch.setattr("recast.cli.find_run.find_run", lambda name: folder)
    return folder


def test_resources_have_their_kind() -> None:
    assert Resource("a.json", "model", "HistFactory").as_yaml()["type"] == "HistFactory"
