"""Numbers that the entry has from a publication: judged with each commit, and all of them before a version goes out."""

from __future__ import annotations

import json

import pytest

from tests.registry.real import real_registry

INPUTS = {"seed": 1, "events": 2000}


def item(name: str, published: float, **inputs: int) -> dict:
    return {
        "name": name,
        "inputs": {**INPUTS, **inputs},
        "result": "cutflow",
        "point": {},
        "quantity": "/steps/0/events",
        "published": published,
        "kind": "relative",
        "tolerance": 0.01,
        "source": "table 1",
    }


def test_a_published_number_that_is_missed_fails_the_commit(ci, repository) -> None:
    repository.write_entry(validation=[item("all", 2000)])
    assert ci.run("--update-reference")[0] == 0
    repository.write_entry(validation=[item("all", 1000)])
    code, report = ci.run()
    assert (code, report["word"]) == (1, "failed")
    assert "1 published number not reproduced: all" in report["sentence"]


def test_numbers_of_other_inputs_wait_for_the_tag(ci, repository, tmp_path) -> None:
    repository.write_entry(validation=[item("all", 2000), item("other", 500, events=1000)])
    assert ci.run("--update-reference")[0] == 0  # only the run that is compared
    with real_registry(tmp_path / "registry") as real:
        code, report = ci.run("--event", "tag", "--ref", "refs/tags/v1.0.0", "--push", f"oci://{real.host}/small-1")
    assert (code, report["word"]) == (1, "failed")
    assert [row["word"] for row in report["phases"] if row["name"] == "publish"] == ["failed"]
    assert report["published"] is None


def test_a_version_goes_out_with_its_validation(ci, repository, tmp_path) -> None:
    repository.write_entry(validation=[item("all", 2000), item("other", 1000, events=1000)])
    with real_registry(tmp_path / "registry") as real:
        code, report = ci.run("--event", "tag", "--ref", "refs/tags/1.0.0", "--push", f"oci://{real.host}/small-1")
        assert code == 0, ci.err
    assert report["published"]["new"] is True


@pytest.mark.parametrize("event", ["push", "request"])
def test_what_was_published_stands_beside_the_reference(ci, repository, event) -> None:
    repository.write_entry(validation=[item("all", 2010)])
    ci.run("--update-reference")
    repository.cut_at(400)
    ci.run("--event", event)
    rows = json.loads((repository.root / "recast-ci/comparison.json").read_bytes())["quantities"]
    told = [row.get("published") for row in rows if row.get("published")]
    assert [it["value"] for it in told] in ([2010.0], [])  # none where the room that reads them is not here yet
