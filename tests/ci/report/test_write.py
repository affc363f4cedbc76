"""All files of a report: complete or not at all, without secrets, and pages that a strict policy accepts."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recast.ci.compare import Rules, compare, quantities
from recast.ci.report import history, read_comparison, read_report, write
from recast.ci.report.html import POLICY
from recast.ci.report.write import slug
from recast.errors import NotFound, StoreError
from tests.ci.compare.sample import limit
from tests.ci.report.documents import EVIL, compared, report
from tests.conftest import Recast

FILES = {"report.json", "comparison.json", "junit.xml", "summary.md", "index.html", "recast-ci.css"}
SECRET = "glpat-" + "x7Kq9mPz2RtVwL4nBc3D"


class Page(HTMLParser):
    """What a page holds: tags with their attributes, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def pages(folder: Path) -> dict[str, Page]:
    return {str(path.relative_to(folder)): Page(path.read_bytes()) for path in sorted(folder.rglob("*.html"))}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_all_files_are_there(tmp_path: Path) -> None:
    comparison = compared()
    write(report(comparison), comparison, tmp_path)
    found = files(tmp_path)
    plots = {name for name in found if name.startswith("plots/")}
    assert found - plots == FILES and plots
    assert read_report(tmp_path / "report.json") == report(comparison)
    assert read_comparison(tmp_path / "comparison.json") == json.loads(json.dumps(comparison))
    assert f"]({min(plots, key=lambda name: 'cutflow' not in name)})" in (tmp_path / "summary.md").read_text()


def test_a_second_report_replaces_the_first(tmp_path: Path) -> None:
    comparison = compared()
    write(report(comparison), comparison, tmp_path)
    write(report(None), None, tmp_path)
    assert files(tmp_path) == FILES - {"comparison.json"}


def test_the_same_report_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(report(compared()), compared(), tmp_path / name)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert all((tmp_path / "a" / it).read_bytes() == (tmp_path / "b" / it).read_bytes() for it in files(tmp_path / "a"))


def test_secrets_become_stars(tmp_path: Path) -> None:
    comparison = compared()
    comparison["quantities"][0]["why"] = f"token {SECRET}"
    tests = [{"name": "env", "outcome": "failed", "message": f"GITLAB={SECRET}", "seconds": 0.0}]
    write(report(comparison, tests=tests, sentence=SECRET, reproduce=f"X={SECRET} recast ci run"), comparison, tmp_path)
    assert not [name for name in files(tmp_path) if SECRET.encode() in (tmp_path / name).read_bytes()]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError) as caught:
        write(report(), None, tmp_path / "file")
    assert caught.value.where.endswith("file")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "Expecting"),
        ("[]", "schema"),
        ('{"schema": 2}', "schema"),
        ('{"schema": 1, "word": 3}', "no valid word"),
        ('{"schema": 1, "a": NaN}', "NaN"),
    ],
)
def test_damaged_reports(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(StoreError) as caught:
        read_report(tmp_path / "report.json")
    assert why in caught.value.why


def test_no_report(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_report(tmp_path / "report.json")
    with pytest.raises(NotFound):
        read_comparison(tmp_path / "comparison.json")


def test_pages_have_no_scripts_and_lead_nowhere_else(tmp_path: Path) -> None:
    comparison = compared()
    for row in comparison["quantities"][:5]:
        row |= {"pointer": f"{row['pointer']}/{EVIL}", "why": EVIL}
    evil = report(comparison, analysis=EVIL, sentence=EVIL, ref=EVIL, reproduce=EVIL, commit="e" * 40)
    history(tmp_path, [(report(compared(met=0.3)), compared(met=0.3)), (evil, comparison)])
    for name, page in pages(tmp_path).items():
        kinds = {tag for tag, _ in page.tags}
        assert not kinds & {"script", "iframe", "object", "form", "style", "base"}, name
        assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on") or key == "style"]
        assert POLICY in [attributes.get("content") for tag, attributes in page.tags if tag == "meta"]
        for tag, attributes in page.tags:
            address = attributes.get("href") or attributes.get("src")
            if tag in ("a", "img", "link"):
                assert address and ":" not in address, address
                assert (tmp_path / name).parent.joinpath(address).resolve().is_file(), (name, address)


def test_pictures_are_plain_svg(tmp_path: Path) -> None:
    comparison = compared(paired=False, seed=3)
    comparison["quantities"] = [
        {**row, "pointer": row["pointer"].replace("met", EVIL.replace("/", "-"))} for row in comparison["quantities"]
    ]
    write(report(comparison), comparison, tmp_path)
    pictures = list((tmp_path / "plots").glob("*.svg"))
    assert pictures
    for path in pictures:
        root = ElementTree.fromstring(path.read_bytes())
        kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert kinds <= {"svg", "title", "desc", "rect", "line", "path", "text", "circle"}
        assert b"href" not in path.read_bytes() and b"NaN" not in path.read_bytes()
        assert "change / error" in "".join(root.itertext())


def test_without_histograms_and_cutflows_numbers_are_drawn(tmp_path: Path) -> None:
    sides = (quantities([limit(cls_obs=value, mu_ul_obs=20 * value)], "demo") for value in (0.03, 0.05))
    comparison = compare(*sides, paired=True, rules=Rules()).as_json()
    write(report(comparison), comparison, tmp_path)
    (picture,) = (tmp_path / "plots").glob("*.svg")
    words = "".join(ElementTree.fromstring(picture.read_bytes()).itertext())
    assert "What changed" in words and "value / reference" in words and "cls_obs" in words


def test_history_of_a_quantity_over_commits(tmp_path: Path) -> None:
    shares = (0.3, 0.3, 0.2, 0.2)
    documents = [(report(compared(met=it), commit=str(n) * 40), compared(met=it)) for n, it in enumerate(shares)]
    history(tmp_path, iter(documents))
    found = pages(tmp_path)
    assert set(found) >= {"index.html", *(f"commits/{str(n) * 40}/index.html" for n in range(4))}
    quantity = f"quantities/{slug('demo/cutflow/SR/met')}.html"
    text = found[quantity].text
    assert text.index("3" * 12) < text.index("0" * 12)  # the newest first
    assert text.count("moved") >= 2
    index = found["index.html"]
    assert "demo/cutflow/SR/met" in index.text
    rows = (tmp_path / "index.html").read_text().split("<tr>")
    (row,) = [row for row in rows if ">demo/cutflow/SR/met<" in row]
    assert f"commits/{'2' * 40}/index.html" in row  # the first commit that moved it
    picture = (tmp_path / quantity).with_suffix(".svg").read_bytes()
    assert picture.count(b"<circle") == 4
    assert read_report(tmp_path / "commits" / ("0" * 40) / "report.json")["commit"] == "0" * 40


def test_history_without_commits_and_with_local_ones(tmp_path: Path) -> None:
    history(tmp_path / "none", [])
    assert "Commits" in pages(tmp_path / "none")["index.html"].text
    history(tmp_path, [(report(None, commit=None), None), (report(None, commit="../../x"), None)])
    assert {name for name in files(tmp_path) if name.endswith("report.json")} == {
        "commits/local-1/report.json",
        "commits/local-2/report.json",
    }


def test_pages_of_many_reports(tmp_path: Path, recast: Recast) -> None:
    for number, share in enumerate((0.3, 0.2)):
        folder = tmp_path / "reports" / str(9 - number) / "recast-ci"
        write(report(compared(met=share), commit=str(number) * 40), compared(met=share), folder)
        os.utime(folder / "report.json", (1e9 + number, 1e9 + number))
    (tmp_path / "reports" / "bad").mkdir()
    (tmp_path / "reports" / "bad" / "report.json").write_text("{")
    said = recast("ci", "pages", tmp_path / "reports", "--out", tmp_path / "site")
    assert (said.code, said.out.startswith("2 commits: ")) == (0, True)
    assert "left out" in said.err and "A report is damaged" in said.err
    text = pages(tmp_path / "site")["index.html"].text
    assert text.index("1" * 12) < text.index("0" * 12)
    (tmp_path / "empty").mkdir()
    assert recast("ci", "pages", tmp_path / "empty", "--out", tmp_path / "site").code == 6


def test_names_of_quantities_are_told_apart() -> None:
    assert slug("a/b") != slug("a-b") != slug("a b")
    assert len(slug("x" * 500)) < 100 and "/" not in slug("../..//etc")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_report_of_another_shape_is_shown_or_said_to_be_damaged(tmp_path: Path, data: st.DataObject) -> None:
    # One in eight such reports ended `recast ci pages` with an error of this program.
    comparison = json.loads(json.dumps(compared()))
    documents = {"report.json": json.loads(json.dumps(report(comparison))), "comparison.json": comparison}
    here = documents[data.draw(st.sampled_from(sorted(documents)))]
    key: Any = data.draw(st.sampled_from(sorted(here)))
    while isinstance(here[key], (dict, list)) and here[key] and data.draw(st.booleans()):
        here = here[key]
        key = data.draw(st.sampled_from(sorted(here)) if isinstance(here, dict) else st.integers(0, len(here) - 1))
    here[key] = data.draw(st.sampled_from([None, [], {}, "x", 10**400, -1, [1], {"a": 1}, True]))
    for name, document in documents.items():
        (tmp_path / name).write_text(json.dumps(document))
    with suppress(StoreError):
        told = read_report(tmp_path / "report.json"), read_comparison(tmp_path / "comparison.json")
        history(tmp_path / "pages", [told])
