"""Forms of pages as a browser without scripts sends them: what is filled in, what was there, and who sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx2

from recast.ledger.people.sessions import begin_session
from tests.service.pages.reading import HTML, Element, Page, read
from tests.service.running import Running

__all__ = ["Browser", "Filled", "form_of", "logged_in", "session_of"]

OURS = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Filled:
    """A form: where it goes, and what is in it."""

    address: str
    fields: list[tuple[str, str]]
    kind: str = "application/x-www-form-urlencoded"

    def having(self, **given: Any) -> Filled:
        """Return the form with other values; a list is a value each."""
        kept = [(name, value) for name, value in self.fields if name not in given]
        for name, value in given.items():
            kept += [(name, it) for it in (value if isinstance(value, list) else [value])]
        return Filled(self.address, kept, self.kind)


@dataclass
class Browser:
    """A browser without scripts that is logged in, or not any more."""

    client: httpx2.Client
    cookie: dict[str, str] = field(default_factory=dict)

    def see(self, path: str, status: int = 200) -> Page:
        return read(self.client.get(path, headers=self.cookie), status)

    def send(self, form: Filled, headers: Mapping[str, str] = OURS, **options: Any) -> httpx2.Response:
        """Send a form as it is; follow nothing."""
        given = {"Content-Type": "application/x-www-form-urlencoded", **self.cookie, **headers}
        return self.client.post(form.address, content=urlencode(form.fields), headers=given, **options)

    def done(self, form: Filled) -> Page:
        """Send a form, and return the page that it leads to."""
        answer = self.send(form)
        assert answer.status_code == 303, answer.text[:3000]
        return self.see(answer.headers["location"].partition("#")[0])

    def refused(self, form: Filled, status: int) -> Page:
        """Send a form, and return the page that says why not."""
        return read(self.send(form), status)


def logged_in(site: Running, name: str, **given: Any) -> Browser:
    """Return the browser of a person who has logged in."""
    session = session_of(site, name, **given)
    client = httpx2.Client(base_url=site.url, headers={"Accept": HTML}, timeout=300, trust_env=False)
    site.clients.append(client)
    return Browser(client, {"Cookie": f"recast-session={session}"})


def session_of(site: Running, name: str, **given: Any) -> str:
    """Let a person log in; return what their browser has then."""
    site.person(name, **given)
    gate = site.parts.identity.gate
    with gate.ledger.writing() as connection:
        return begin_session(connection, site.people[name], "test", gate.now())


def form_of(page: Page, action: str = "", name: str = "action") -> Filled:
    """Return the one form of a page whose field or button `name` can be `action`, or, without, the one in its content.

    A button is pressed; fields are as they are.
    """
    forms = [it for it in page.all("form") if it.inside("main") and (not action or _does(page, it, name, action))]
    (form,) = forms
    return _filled(page, form).having(**({name: action} if action and name == "action" else {}))


def _does(page: Page, form: Element, name: str, action: str) -> bool:
    return any(
        it.attributes.get("name") == name and it.attributes.get("value") == action
        for it in page.elements
        if it.tag in ("input", "button") and _within(it, form)
    )


def _within(element: Element, form: Element) -> bool:
    given = element.attributes.get("form")
    return given == form.attributes.get("id") if given else any(it is form for it in element.above)


def _filled(page: Page, form: Element) -> Filled:
    fields: list[tuple[str, str]] = []
    for it in page.elements:
        if not _within(it, form) or "disabled" in it.attributes:
            continue
        name, kind = it.attributes.get("name", ""), it.attributes.get("type", "text")
        if it.tag == "input" and (kind not in ("checkbox", "radio", "file") or "checked" in it.attributes):
            fields.append((name, it.attributes.get("value", "on" if kind == "checkbox" else "")))
        if it.tag == "textarea":
            fields.append((name, it.text.removeprefix("\n").replace("\n", "\r\n")))
        if it.tag == "select":
            fields.append((name, _chosen(page, it)))
    kind = form.attributes.get("enctype", "application/x-www-form-urlencoded")
    return Filled(form.attributes["action"], fields, kind)


def _chosen(page: Page, select: Element) -> str:
    options = [it.attributes for it in page.all("option") if any(above is select for above in it.above)]
    return next((it["value"] for it in options if "selected" in it), options[0]["value"])
