"""`recast cite`: the paper, its data, the version with its digest, this software; in words, BibTeX and CFF."""

from __future__ import annotations

import re

import pytest
import yaml

from recast._version import __version__
from recast.results.cite import bibtex, cff, citations, files_of, in_words
from recast.results.subject import Subject

METADATA = {
    "title": "Search for sbottoms\n with 100% & {b}-jets",
    "collaboration": "ATLAS",
    "references": {
        "arxiv": "1908.03122", "doi": "10.1007/JHEP12(2019)060", "hepdata": "ins1748602",
        "hepdata_doi": "10.17182/hepdata.89413", "note": "CERN-EP-2019-142",
    },
    "authority": "community",
}  # fmt: skip
DIGEST = "sha256:" + "1" * 64
SUBJECT = Subject("ab12", "a-1@1.0.0", DIGEST, metadata=METADATA)


def test_the_order_is_paper_data_version_software() -> None:
    assert [one.role for one in citations(SUBJECT)] == ["paper", "data", "version", "software"]
    paper, data, version, software = in_words(SUBJECT)
    assert paper.startswith("ATLAS Collaboration") and "arXiv:1908.03122, doi:10.1007/JHEP12(2019)060" in paper
    assert "10.17182/hepdata.89413" in data
    assert "1.0.0" in version and DIGEST in version and "community" in version
    assert __version__ in software


def test_without_an_entry_there_is_the_software_alone() -> None:
    assert [one.role for one in citations(Subject("ab12"))] == ["software"]


def test_bibtex_is_balanced_and_strangers_write_no_commands() -> None:
    text = bibtex(citations(SUBJECT), "a-1@1.0.0")
    assert re.findall(r"^@(\w+)\{([^,]+),$", text, re.M) == [
        ("article", "a-1-1.0.0-paper"), ("misc", "a-1-1.0.0-data"), ("misc", "a-1-1.0.0-version"),
        ("misc", "a-1-1.0.0-software"),
    ]  # fmt: skip
    assert r"title = {{Search for sbottoms with 100\% \& \{b\}-jets}}" in text
    assert "year = {2019}" in text and "eprint = {1908.03122}" in text
    hostile = {**METADATA, "title": "}}\n@misc{x, \\input{/etc/passwd}\x1b[31m"}
    found = bibtex(citations(Subject("r", "a-1@1.0.0", DIGEST, metadata=hostile)), "a")
    assert len(re.findall(r"^@", found, re.M)) == 4 and "\\input" not in found and "\x1b" not in found
    bare = re.sub(r"\\.", "", found)
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize("metadata", [METADATA, {}])
def test_cff_has_what_its_schema_requires(metadata: dict) -> None:
    subject = Subject("r", "a-1@1.0.0", DIGEST, metadata=metadata)
    found = yaml.safe_load(cff(citations(subject), subject))
    assert {"cff-version", "message", "title", "authors"} <= found.keys()
    assert found["identifiers"] == [{"type": "other", "value": DIGEST}]
    kinds = [one["type"] for one in found["references"]]
    assert kinds == (["article", "data", "software"] if metadata else ["software"])
    assert ("preferred-citation" in found) == bool(metadata)
    for one in found["references"]:
        assert one["title"] and one["authors"]


def test_files_beside_an_export() -> None:
    files = files_of(SUBJECT)
    assert list(files) == ["CITATION.bib", "CITATION.cff"]
    assert yaml.safe_load(files["CITATION.cff"])["preferred-citation"]["doi"] == "10.1007/JHEP12(2019)060"


def test_the_command_knows_versions_and_runs(recast, tmp_path) -> None:
    answer = recast("cite", "nothing-1")
    assert answer.code == 6
