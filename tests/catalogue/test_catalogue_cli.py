"""The commands publish, catalogue and validate: data on stdout, messages on stderr, exit codes of the contract."""

import json

import pytest
from catalogue_parts import ENTRY, entry_with

from recast.cli.app import run
from recast.errors import StoreError


@pytest.fixture
def home(tmp_path, monkeypatch, checkout):
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RECAST_CATALOGUE", raising=False)
    monkeypatch.chdir(checkout.root)
    return tmp_path / "home"


def test_publish_by_name_and_by_path(home, capsys, checkout):
    assert run(["publish", "tiny-1", "-o", "json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["reference"] == "tiny-1@1.0.0"
    assert first["new"]
    assert run(["publish", str(checkout.entry), "-o", "json"]) == 0
    again = capsys.readouterr()
    assert json.loads(again.out) == {**first, "new": False}
    assert "already" in again.err


def test_publish_elsewhere(home, capsys, tmp_path):
    assert run(["publish", "tiny-1", "--to", str(tmp_path / "mirror")]) == 0
    assert (tmp_path / "mirror" / "index.json").is_file()
    assert not (home / "catalogue").exists()


def test_publish_refuses_other_bytes(home, capsys, checkout):
    assert run(["publish", "tiny-1"]) == 0
    (checkout.spec / "files" / "table.txt").write_text("other")
    assert run(["publish", "tiny-1"]) == 3
    assert "changed: files/table.txt" in capsys.readouterr().err


def test_publish_an_unknown_entry(home, capsys):
    assert run(["publish", "tny-1"]) == 6
    assert "tiny-1" in capsys.readouterr().err


def test_list_and_show(home, capsys):
    assert run(["catalogue", "ls", "-o", "json"]) == 0
    empty = capsys.readouterr()
    assert json.loads(empty.out) == []
    assert "recast publish" in empty.err
    run(["publish", "tiny-1"])
    capsys.readouterr()
    assert run(["catalogue", "ls"]) == 0
    assert "tiny-1    1.0.0" in capsys.readouterr().out
    assert run(["catalogue", "show", "tiny-1@1.0.0", "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["versions"] == ["1.0.0"]
    assert shown["input_schema"]["required"] == ["words"]
    assert shown["validation"][0]["published"] == 0.5


def test_show_tells_how_to_run(home, capsys):
    run(["publish", "tiny-1"])
    capsys.readouterr()
    assert run(["catalogue", "show", "tiny-1"]) == 0
    page = capsys.readouterr().out
    for words in ["words (array, required): Words to count.", "tools/count:1 sha256:abab", "demo: Two words.",
                  "recast run tiny-1@1.0.0 --example demo", "not validated here yet",
                  "arxiv 1908.03122", "a: 0.5 within 0.0001"]:  # fmt: skip
        assert words in page


def test_show_an_unknown_analysis(home, capsys):
    run(["publish", "tiny-1"])
    assert run(["catalogue", "show", "tiny-2"]) == 6
    assert "tiny-1" in capsys.readouterr().err


@pytest.mark.parametrize(("ours", "code", "verdict"), [(0.5, 0, "passed"), (0.6, 1, "failed")])
def test_validate(home, capsys, monkeypatch, ours, code, verdict):
    results = [{"name": "limit", "type": "limit", "point": {"word": "a"}, "cls_obs": ours}]
    monkeypatch.setattr("recast.operations.validate.run_points", lambda version, inputs, options: {"results": results})
    run(["publish", "tiny-1"])
    capsys.readouterr()
    assert run(["validate", "tiny-1", "-o", "json"]) == code
    told = capsys.readouterr()
    (item,) = json.loads(told.out)["items"]
    assert item["verdict"] == verdict
    assert ("validation.failed" in told.err) == bool(code)
    run(["catalogue", "show", "tiny-1"])
    assert f"{1 - code} of 1 passed" in capsys.readouterr().out


def test_validate_all_tells_every_analysis_and_one_does_not_stop_the_others(home, checkout, capsys, monkeypatch):
    outcomes = {"tiny-1": 0.5, "tiny-2": 0.6}

    def run_points(version, inputs, options):
        if version.analysis == "tiny-3":
            raise StoreError("no space")
        return {"results": [{"name": "limit", "point": {"word": "a"}, "cls_obs": outcomes[version.analysis]}]}

    monkeypatch.setattr("recast.operations.validate.run_points", run_points)
    for name in ("tiny-1", "tiny-2", "tiny-3"):
        entry = entry_with({"/analysis": name})
        checkout.write_entry(entry)
        assert run(["publish", str(checkout.entry)]) == 0
    capsys.readouterr()
    assert run(["validate", "--all", "-o", "json"]) == 1
    told = capsys.readouterr()
    verdicts = {item["analysis"]: item["verdict"] for item in json.loads(told.out)["items"]}
    assert verdicts == {"tiny-1": "passed", "tiny-2": "failed"}
    assert "no space" in told.err
    assert "1 of 2 items failed" in told.err


def test_the_table_of_a_validation_does_not_call_every_reference_published(home, capsys, monkeypatch):
    """The limit of another experiment, or our own number of last year, stood in a column called published."""
    results = [{"name": "limit", "type": "limit", "point": {"word": "a"}, "cls_obs": 0.5}]
    monkeypatch.setattr("recast.operations.validate.run_points", lambda version, inputs, options: {"results": results})
    run(["publish", "tiny-1"])
    capsys.readouterr()
    assert run(["validate", "tiny-1"]) == 0
    header = capsys.readouterr().out.splitlines()[0]
    assert "reference" in header
    assert "published" not in header


def test_validate_takes_one_analysis_or_all(home, capsys):
    assert run(["validate"]) == 2
    assert run(["validate", "tiny-1", "--all"]) == 2
    assert run(["validate", "--all"]) == 6
    assert "Nothing is published here" in capsys.readouterr().err


def test_what_a_validation_found_is_shown_item_by_item(home, checkout, capsys, monkeypatch):
    """Failed ones in capitals, documented ones with their reason."""
    items = ENTRY["versions"][0]["validation"]
    more = [{**items[0], "name": "off"}, {**items[0], "name": "known", "documented": "Gauss breaks"}]
    checkout.write_entry(entry_with({"/versions/0/validation": more, "/versions/0/validity": ["words of two letters"]}))
    results = [{"name": "limit", "type": "limit", "point": {"word": "a"}, "cls_obs": 0.7}]
    monkeypatch.setattr("recast.operations.validate.run_points", lambda version, inputs, options: {"results": results})
    assert run(["publish", str(checkout.entry)]) == 0
    assert run(["validate", "tiny-1"]) == 1
    assert "documented tiny-1 known: Gauss breaks" in capsys.readouterr().err
    run(["catalogue", "show", "tiny-1"])
    page = capsys.readouterr().out
    assert "-> 0.7, FAILED" in page
    assert "-> 0.7, documented: Gauss breaks" in page
    assert "0 of 2 passed, 1 documented, 1 failed" in page
    assert "holds  words of two letters" in page
