"""A person with a browser, as far as a login needs one: it follows redirects, keeps cookies and fills forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2

__all__ = ["Person"]

_MOST_PAGES = 20


@dataclass
class Form:
    """A form of a page, with what is filled in already."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Person:
    """Logs in at the provider by a name; entered by `with`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._client = httpx2.Client(follow_redirects=False, timeout=30)

    def __enter__(self) -> Person:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def log_in(self, url: str, issuer: str, *, says_no: bool = False) -> str:
        """Open an address of the provider and do what its pages ask for; return where it sends the browser then."""
        return self._go_on(self._client.get(url), issuer, {}, says_no=says_no)

    def enter_code(self, url: str, code: str, issuer: str, *, says_no: bool = False) -> str:
        """Open the page for devices, enter a code and log in; return the text of the last page."""
        return self._go_on(self._client.get(url), issuer, {"user_code": code}, says_no=says_no)

    def _go_on(self, page: httpx2.Response, issuer: str, known: dict[str, str], *, says_no: bool) -> str:
        """Follow redirects and submit forms until neither is there, or the address is somebody else's.

        Whoever has said no fills no more forms: that of a device begins anew with its code.
        """
        said_no = False
        for _ in range(_MOST_PAGES):
            form = _form_of(page.text)
            if page.is_redirect:
                target = urljoin(str(page.url), page.headers["location"])
                if not target.startswith(issuer):
                    return target
                page = self._client.get(target)
            elif form is None or said_no:
                return page.text
            elif says_no and form.fields.get("prompt") == "consent":
                page, said_no = self._client.get(f"{page.url}/abort"), True
            else:
                page = self._submit(page, form, known)
        raise AssertionError(f"the login does not end: {page.url}")

    def _submit(self, page: httpx2.Response, form: Form, known: dict[str, str]) -> httpx2.Response:
        filled = form.fields | {name: value for name, value in known.items() if name in form.fields}
        filled |= {name: self.name for name in ("login", "password") if name in form.fields}
        return self._client.post(urljoin(str(page.url), form.action), data=filled)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form" and self.form is None:
            self.form = Form(given.get("action", ""))
        elif tag == "input" and self.form is not None and given.get("name"):
            self.form.fields[given["name"]] = given.get("value", "")


def _form_of(page: str) -> Form | None:
    reader = _Reader()
    reader.feed(page)
    return reader.form
