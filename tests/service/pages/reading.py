"""Pages as a strict reader has them: whether they are well formed, and what is in them."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

import httpx2

__all__ = ["MOST_BYTES", "Element", "Page", "faults_of", "read"]

MOST_BYTES = 30 << 10
"""What a page may have, compressed."""

_VOID = frozenset(("meta", "link", "input", "br", "img", "hr"))
_IN_P = frozenset(("p", "div", "ul", "ol", "dl", "table", "section", "form", "pre", "h1", "h2", "h3", "h4", "details"))
_FOCUSED = frozenset(("a", "button", "input", "select", "summary", "textarea", "pre"))
_FIELDS = ("input", "select", "textarea")


@dataclass
class Element:
    """An element: its name, attributes, the text in it, and what it lies in."""

    tag: str
    attributes: dict[str, str]
    above: list[Element] = field(repr=False, default_factory=list)
    text: str = ""

    def inside(self, tag: str) -> bool:
        return any(it.tag == tag for it in self.above)


class Page(HTMLParser):
    """A page that was read; `faults` are what a strict reader stumbles over."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = text
        self.faults: list[str] = []
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{it.tag}> is never closed" for it in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag in _IN_P and any(it.tag == "p" for it in self._open):
            self.faults.append(f"<{tag}> inside of a <p>")
        element = Element(tag, {name: value or "" for name, value in attrs}, list(self._open))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1].tag if self._open else 'nothing'}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str) -> list[Element]:
        return [it for it in self.elements if it.tag == tag]

    def one(self, tag: str) -> Element:
        (found,) = self.all(tag)
        return found

    @property
    def words(self) -> str:
        """The text of its content, with single spaces."""
        return " ".join(self.one("main").text.split())

    @property
    def links(self) -> dict[str, str]:
        return {" ".join(it.text.split()): it.attributes["href"] for it in self.all("a")}

    @property
    def addresses(self) -> list[str]:
        return [it.attributes["href"] for it in self.all("a")]

    @property
    def focused(self) -> list[Element]:
        """What the keyboard stops at, in order."""
        chosen = (it for it in self.elements if it.tag in _FOCUSED or it.attributes.get("tabindex") == "0")
        return [it for it in chosen if it.attributes.get("type") != "hidden"]


def faults_of(page: Page) -> list[str]:
    """Return what is wrong with a page for anybody: its form, headings, landmarks, labels, names, order."""
    found = list(page.faults)
    for tag in ("h1", "main", "title", "footer"):
        own = [it for it in page.all(tag) if not it.inside("svg")]  # what is drawn has titles of its own
        found += [f"{len(own)} times <{tag}>"] if len(own) != 1 else []
    if page.one("html").attributes.get("lang") != "en":
        found.append("no language")
    levels = [int(it.tag[1]) for it in page.elements if it.tag in ("h1", "h2", "h3", "h4")]
    found += [f"h{low} is followed by h{high}" for low, high in pairwise(levels) if high > low + 1]
    ids = [it.attributes["id"] for it in page.elements if "id" in it.attributes]
    found += [f"the id {it} is there twice" for it in {*ids} if ids.count(it) > 1]
    found += [f"#{it} leads nowhere" for it in _within(page) if it not in ids]
    found += [f"{it.attributes} has no label" for it in page.elements if it.tag in _FIELDS and not _labelled(page, it)]
    named = {name for it in page.elements for key in _NAMES for name in it.attributes.get(key, "").split()}
    found += [f"#{it} is told by nothing" for it in named - {*ids}]
    found += [f"a form sends by {it.attributes}" for it in page.all("form") if not _ours(it)]
    found += [
        f"<{it.tag}> says nothing"
        for it in page.elements
        if it.tag in ("a", "button", "h1", "h2", "h3", "h4") and not it.text.strip()
    ]
    found += [
        f"{it.attributes} comes before its place"
        for it in page.elements
        if it.attributes.get("tabindex", "0") not in ("0", "-1")
    ]
    found += [
        f"{it.tag} has {name}"
        for it in page.elements
        for name in it.attributes
        if name == "style" or name.startswith("on")
    ]
    found += [
        f"<{it.tag}>"
        for it in page.elements
        if it.tag in ("style", "iframe", "object", "embed", "base")
        or (it.tag == "script" and not _is_file(it) and it.attributes != {"type": "application/ld+json"})  # data
        or (
            it.tag == "img"
            and not (it.attributes.get("src", "").startswith("/docs/images/") and it.attributes.get("alt"))
        )
    ]
    found += [f"the nav {it.attributes} has no name" for it in page.all("nav") if "aria-label" not in it.attributes]
    if page.focused[0].attributes.get("href") != "#content":
        found.append("the first stop does not lead to the content")
    return found


_NAMES = ("aria-describedby", "aria-labelledby", "for", "form")


def _ours(form: Element) -> bool:
    """Return whether a form goes to this service, and says how."""
    method, action = form.attributes.get("method"), form.attributes.get("action", "")
    return method in ("get", "post") and action.startswith(("/", "#")) and not action.startswith("//")


def _within(page: Page) -> list[str]:
    return [it.removeprefix("#") for it in page.addresses if it.startswith("#")]


def _is_file(script: Element) -> bool:
    """Return whether a script is a file of ours that waits for the page, and nothing beside it."""
    ours = re.fullmatch(r"(/[a-z]+)?/static/[\w.-]+\.js", script.attributes.get("src", ""))
    return script.attributes.keys() == {"src", "defer"} and ours is not None and not script.text


def _labelled(page: Page, element: Element) -> bool:
    if element.attributes.get("aria-label"):
        return True
    if element.attributes.get("type") == "hidden" or element.inside("label"):
        return True
    return any(it.attributes.get("for") == element.attributes.get("id") for it in page.all("label"))


def read(answer: httpx2.Response, status: int = 200) -> Page:
    """Return the page of an answer, after everything was asked of it that is asked of every page."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:2000]}"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "*" not in policy
    assert "style-src 'self'" in policy and "frame-ancestors 'none'" in policy
    page = Page(answer.text)
    assert not (faults := faults_of(page)), f"{faults}"
    assert len(gzip.compress(answer.content)) <= MOST_BYTES
    return page
