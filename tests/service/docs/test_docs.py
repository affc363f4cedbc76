"""The documentation beside the service: every page and link is there, looks right and runs nothing."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from recast.errors import NotFound
from recast.pages import codes
from recast.service.docs.library import PARTS, Doc, address_of, doc_named, docs, target_of, text_of
from recast.service.docs.made import completed
from recast.service.docs.markdown import shown_text
from tests.docs.pages import DOCS, MADE, anchors
from tests.service.pages.reading import Page, faults_of, read
from tests.service.running import running
from tests.service.test_prefix import BASE

HERE = Doc("reference/here", Path("here.md"), "Here")


def shown(text: str, base: str = "") -> str:
    return str(shown_text(HERE, text, base).body)


def test_every_page_is_there_with_links_that_lead_to_pages_and_headings(see: Callable[..., Page]) -> None:
    pages = {address_of(name): read_quickly(name) for name in docs()}
    assert len(pages) == len(docs()) > 300
    broken = []
    for address, page in pages.items():
        for link in page.addresses:
            path, _, anchor = link.partition("#")
            if not path.startswith("/docs") and path:
                continue
            there = pages.get(path or address)
            names = {it.attributes.get("id") for it in there.elements} if there else set()
            if there is None or (anchor and anchor not in names):
                broken.append((address, link))
    assert broken == []
    first = see("/docs")
    assert {first.links[it] for it in ("Tutorials", "How-to guides", "Reference")} <= pages.keys()


def read_quickly(name: str) -> Page:
    """Return the body of a page, without asking the service for each of them."""
    doc = docs()[name]
    page = Page(f"<main>{shown_text(doc, completed(name, text_of(doc)), '').body}</main>")
    assert page.faults == [], name
    assert len(page.all("h1")) == 1, name
    return page


@pytest.mark.parametrize("part", ["", *(f"/{it}" for it in PARTS), "/reference/pages", "/reference/prun"])
def test_pages_are_as_strict_as_all_others(part: str, see: Callable[..., Page]) -> None:
    page = see(f"/docs{part}")
    assert all(it.text for it in page.all("a"))


def test_each_error_code_and_each_rule_has_its_page(see: Callable[..., Page]) -> None:
    for kind in ("errors", "rules"):
        known = [code for code, path in codes().items() if path.parent.name == kind]
        assert known and all(f"reference/{kind}/{code}" in docs() for code in known)
    assert "request.moved-on" in see("/docs/reference/errors/request.moved-on").one("h1").text


def test_a_problem_leads_to_the_page_of_its_code(see: Callable[..., Page]) -> None:
    address = see("/analyses/nowhere", 404).links["not-found"]
    assert "not-found" in see(address).one("h1").text


def test_what_is_not_there_is_a_problem(see: Callable[..., Page], browser: httpx2.Client) -> None:
    for path in ("nothing", "../pyproject", "reference/../../x", "reference/pages.md", "images", "a" * 150):
        assert browser.get(f"/docs/{path}").status_code == 404, path
    assert browser.get("/docs/" + "a" * 300).status_code == 422
    assert browser.get("/docs/images/..%2findex.md").status_code == 404
    see("/docs/nothing", 404)


def test_pictures_come_from_here(see: Callable[..., Page], browser: httpx2.Client) -> None:
    (picture,) = see("/docs").all("img")
    answer = browser.get(picture.attributes["src"])
    assert answer.headers["content-type"] == "image/png" and picture.attributes["alt"]
    tag = {"If-None-Match": answer.headers["etag"]}
    assert browser.get(picture.attributes["src"], headers=tag).status_code == 304


def test_links_stay_below_a_prefix(tmp_path: Path, home: Path) -> None:
    with running(tmp_path, BASE) as service:
        headers = {"Host": "recast.example.org", "Accept": "text/html"}
        with httpx2.Client(base_url=service.url, headers=headers, trust_env=False) as reader:
            page = Page(reader.get("/desk/docs/how-to").text)
    assert faults_of(page) == []
    assert all(it.startswith(("/desk/", "#")) for it in page.addresses)


def test_headings_are_called_as_sphinx_calls_them() -> None:
    for name in ("reference/pages", "explanation/trust", "reference/language"):
        found = {it.attributes["id"] for it in read_quickly(name).elements if re.fullmatch("h[1-6]", it.tag)}
        assert found == anchors(DOCS / f"{name}.md")


def test_what_myst_has_looks_right() -> None:
    assert "<em>is</em>" in shown("Term\n: what it *is*\n  and more\n")
    page = Page(shown("New\n: a [b](pages.md)\n\nOld\n: c\n\nAfter.\n"))
    assert page.faults == [] and [it.text for it in page.all("dt")] == ["New", "Old"] and len(page.all("dl")) == 1
    assert [it.text for it in page.all("p")] == ["After."]
    assert '<p class="line"><code>steps.yml</code></p>' in shown("```yaml steps.yml\na: 1\n```\n")
    table = Page(shown("| a | b |\n|---|---|\n| 1 | <x> |\n"))
    assert table.faults == [] and table.all("th")[0].attributes == {"scope": "col"} and table.all("td")[1].text == "<x>"
    tree = Page(shown("```{toctree}\n:caption: Words\n\npages\nerrors/index\nnowhere\n```\n"))
    assert tree.addresses == ["/docs/reference/pages", "/docs/reference/errors"] and "Words" in tree.source
    assert shown("```{toctree}\n:hidden:\n\npages\n```\n") == ""
    assert "recast.search" in shown("```{eval-rst}\n.. currentmodule:: recast\n.. autofunction:: search\n```\n")
    assert "unseen" not in shown("<!-- unseen -->\n\nseen\n")


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[a](javascript:alert(1))", "![x](javascript:alert(1))", "a <img src=x onerror=y> b",
     "```<script>\n</code><script>\n```", "# <script>", "[a](data:text/html,x)", '[a](https://x/"onclick=y)',
     "![a](https://other.example/x.png)", "[a](../../../etc/passwd)", "<https://x/<script>>", "&#60;script&#62;"],
)  # fmt: skip
def test_nothing_in_a_page_runs_or_comes_from_elsewhere(text: str) -> None:
    page = Page(shown(f"{text}\n"))
    assert page.faults == []
    assert not {"script", "img", "style"} & {it.tag for it in page.elements}
    assert not [name for it in page.elements for name in it.attributes if name.startswith("on")]
    assert all(it.startswith("https://x/") for it in page.addresses)


def test_links_lead_to_pages_and_not_to_files() -> None:
    assert target_of("how-to/x", "../reference/pages.md#limits") == ("reference/pages", "limits")
    assert target_of("how-to/x", "../../recast/pages.py") == ("", "")
    assert shown("[a](../index.md) [b](#c) [d](../../Makefile)", "/desk").count("/desk/docs") == 1
    assert doc_named("reference").name == "reference/index" and doc_named("").name == "index"
    with pytest.raises(NotFound):
        doc_named("reference/index.md")


def test_pages_that_are_made_are_left_out_until_they_are_there() -> None:
    made = {f"reference/commands/{it.stem}" for it in MADE.glob("*.md")}
    assert {name for name in docs() if name.startswith("reference/commands/")} == made


def test_no_page_is_too_long_for_a_phone(browser: httpx2.Client) -> None:
    sizes = {
        name: len(gzip.compress(str(shown_text(doc, text_of(doc), "").body).encode())) for name, doc in docs().items()
    }
    assert max(sizes.values()) <= 60 << 10, max(sizes, key=lambda it: sizes[it])
    assert read(browser.get("/docs/reference/pages"))
