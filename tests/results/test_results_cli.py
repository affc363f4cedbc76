"""`recast results`: tables, JSON, exports and plots of a stored document."""

import csv
import json

import pytest

from recast.cli.app import run
from recast.counted import counted
from recast.results import document
from recast.results.present import export_named, sections
from recast.results.summary import answer_in_lines, deciding, headline

LIMIT = {
    "name": "limit",
    "type": "limit",
    "point": {"name": "RegionA/sbottom_1400_950_60", "region": "A", "m_sbottom_gev": 1400},
    "cls_obs": 0.0213731,
    "cls_exp": [0.0026, 0.01398, 0.06497, 0.23644, 0.5745],
    "mu_ul_obs": None,
    "mu_ul_exp": None,
    "expected_convention": "fitted",
    "excluded": True,
    "verdict": "Excluded at 95% CL (CLs obs 0.021, expected 0.065 [0.014, 0.236])",
    "published": {"cls_obs": 0.0213733, "source": "x"},
}
PLOT = {"name": "cls", "type": "plot", "title": "CLs", "path": "/recast/run/plot/cls.png", "file": "files/cls.png"}
TABLE = {"name": "table", "type": "file", "title": "", "path": "/recast/run/gather/l.csv", "file": "files/table.csv"}


@pytest.fixture
def run_dir(tmp_path, monkeypatch):
    folder = tmp_path / "r-1"
    (folder / "results" / "files").mkdir(parents=True)
    (folder / "results" / "files" / "cls.png").write_bytes(b"png")
    (folder / "results" / "files" / "table.csv").write_bytes(b"csv")
    (folder / "results" / "results.json").write_text(
        json.dumps(document("r-1", "a", "1.0.0", "sha256:0", [LIMIT, PLOT, TABLE]))
    )
    monkeypatch.setattr("recast.cli.find_run.find_run", lambda name: folder)
    return folder


def test_in_short_there_is_the_verdict_and_what_else_there_is(run_dir, capsys):
    assert run(["results", "last"]) == 0
    told = capsys.readouterr()
    header, row, convention, also = told.out.splitlines()
    assert header.split() == ["point", "verdict", "CLs", "published"]
    assert "Excluded at 95% CL (CLs obs 0.021, expected 0.065 [0.014, 0.236])" in row
    assert convention == "expected: nuisances and auxiliary data at the fit to data"
    assert also == "also: files (2 files)"
    assert "--full" in told.err


def test_in_full_there_is_every_table(run_dir, capsys):
    assert run(["results", "last", "--full"]) == 0
    told = capsys.readouterr()
    header, row, *_ = told.out.splitlines()
    assert header.split() == ["point", "cls_obs", "published_cls_obs", "relative_deviation", "verdict"]
    assert row.startswith("RegionA/sbottom_1400_950_60  0.0213731")
    assert "Excluded at 95% CL" in row
    assert "files/cls.png" in told.out
    assert str(run_dir) in told.err


def test_json_is_the_stored_document(run_dir, capsys):
    assert run(["results", "last", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((run_dir / "results" / "results.json").read_text())


def test_csv_and_jsonl(run_dir, capsys):
    assert run(["results", "last", "-o", "csv"]) == 0
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert row["cls_exp_median"] == "0.06497"
    assert row["m_sbottom_gev"] == "1400"
    assert run(["results", "last", "-o", "jsonl"]) == 0
    assert [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()] == ["limit", "cls", "table"]


def test_csv_of_several_tables_asks_which(run_dir, capsys):
    table = {"name": "mass", "type": "table", "columns": [{"name": "m", "unit": "GeV"}], "rows": [[1]]}
    content = json.dumps(document("r-1", "a", "1.0.0", "sha256:0", [LIMIT, table, PLOT]))
    (run_dir / "results" / "results.json").write_text(content)
    assert run(["results", "last", "-o", "csv"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and "--table limit" in told.err and "--export csv DIR" in told.err
    assert run(["results", "last", "-o", "csv", "--table", "mass"]) == 0
    assert capsys.readouterr().out.split() == ["m", "[GeV]", "1"]
    assert run(["results", "last", "--table", "mas"]) == 6
    assert "There are: limit, mass, cls" in capsys.readouterr().err


def test_exports(run_dir, tmp_path, capsys):
    assert run(["results", "last", "--export", "csv", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["cls.png", "limit.csv", "table.csv"]
    (row,) = csv.DictReader((tmp_path / "out" / "limit.csv").read_text().splitlines())
    assert row["verdict"] == LIMIT["verdict"]
    assert run(["results", "last", "--export", "json", str(tmp_path / "json")]) == 0
    assert json.loads((tmp_path / "json" / "results.json").read_text())["run"] == "r-1"


def test_plots_are_copied(run_dir, tmp_path, capsys):
    assert run(["results", "last", "--plots", str(tmp_path / "plots")]) == 0
    names = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert names == ["chart-limit.pdf", "chart-limit.png", "chart-limit.svg", "cls.png"]


def test_an_export_to_a_place_that_cannot_be_written(run_dir, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(["results", "last", "--export", "csv", str(tmp_path / "file" / "x")]) == 4


def test_a_run_without_results_says_so(run_dir, capsys):
    (run_dir / "results" / "results.json").unlink()
    assert run(["results", "last"]) == 6
    assert "has no results" in capsys.readouterr().err


def test_a_damaged_document_says_so(run_dir, capsys):
    (run_dir / "results" / "results.json").write_text("{")
    assert run(["results", "last"]) == 4


def test_five_lines_say_what_came_of_a_run():
    many = [
        {**LIMIT, "point": {"name": f"p{i}"}, "excluded": (True, False, None)[i % 3], "cls_obs": 0.0} for i in range(9)
    ]
    lines = answer_in_lines(many, ["a-1@1.0.0 is withdrawn by x: wrong"])
    assert lines[:2] == [
        "WARNING: a-1@1.0.0 is withdrawn by x: wrong",
        "3 of 9 points are excluded at 95% CL, 3 without a verdict",
    ]
    assert lines[2] == "  p0: Excluded at 95% CL (CLs obs 0.021, expected 0.065 [0.014, 0.236])"
    assert len(lines) == 5 and "expected: nuisances" in lines[-1]
    one = answer_in_lines([{**LIMIT, "xsec_ul_obs_fb": 1.5, "notes": ["n"] * 9}, PLOT])
    assert one[0].startswith("RegionA/sbottom_1400_950_60: Excluded at 95% CL") and len(one) == 5
    assert one[1] == "  upper limit on cross section [fb] at 95% CL: observed 1.500"
    assert answer_in_lines([PLOT]) == ["no limit among the results: cls"]
    assert headline([LIMIT, LIMIT][:2]) == "2 of 2 points are excluded at 95% CL"


def test_the_best_region_of_each_point_answers_where_there_is_one():
    best = {**LIMIT, "name": "best"}
    assert deciding([LIMIT, LIMIT, best]) == [best]


@pytest.mark.parametrize(("number", "words"), [(0, "0 jobs"), (1, "1 job"), (2, "2 jobs"), (1200, "1,200 jobs")])
def test_a_count_with_its_noun(number, words):
    assert counted(number, "job") == words
    assert counted(1, "entry", "entries") == "1 entry" and counted(2, "entry", "entries") == "2 entries"


def test_sections_of_other_types():
    yields = {"name": "y", "type": "yields", "regions": [{"region": "A", "observed": 3}]}
    cutflow = {"name": "c", "type": "cutflow", "region": "A", "steps": [{"name": "all", "events": 1.0}]}
    table = {"name": "t", "type": "table", "columns": [{"name": "m", "unit": "GeV"}], "rows": [[1]]}
    found = {section.name: section.rows[0] for section in sections([yields, cutflow, table])}
    assert found == {
        "y": {"region": "A", "observed": 3},
        "c": {"region": "A", "name": "all", "events": 1.0},
        "t": {"m [GeV]": 1},
    }


def test_a_limit_on_mu_alone():
    limit = {**LIMIT, "cls_obs": None, "cls_exp": None, "mu_ul_obs": 0.8, "published": {"source": "x"}}
    (section,) = sections([limit])
    assert section.columns == ("point", "mu_ul_obs", "verdict")


def test_notes_are_shown_where_there_are_some():
    (section,) = sections([{**LIMIT, "notes": ["asymptotics unreliable: 2 events", "x"]}, LIMIT])
    assert section.columns[-1] == "notes"
    assert section.rows[0]["notes"] == "asymptotics unreliable: 2 events; x"


@pytest.mark.parametrize("form", ["csv", "json"])
def test_export_of_what_an_imported_entry_names(tmp_path, form):
    named = {"run": "ab", "results": [{"name": "mu", "type": "file", "path": "fit/mu.yml", "value": {"mu": 1.5}}]}
    (path,) = export_named(named, form, tmp_path / "out")
    if form == "json":
        assert json.loads(path.read_text()) == named
    else:
        (row,) = csv.DictReader(path.read_text().splitlines())
        assert row == {"name": "mu", "path": "fit/mu.yml", "value": '{"mu": 1.5}'}
