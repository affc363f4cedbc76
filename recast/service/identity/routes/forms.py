"""The few pages of login: forms that need no script, in the frame of all pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from recast.service.pages.frame import render

__all__ = ["invitation_page", "login_page"]


@dataclass(frozen=True, slots=True)
class _Form:
    """Name and password; `kind` is that of the password for its manager, `login` a name that is given already."""

    action: str
    hidden: tuple[tuple[str, str], ...]
    kind: str
    button: str
    login: str = ""
    words: str = ""


def login_page(prefix: str, *, local: bool, provider: str, to: str) -> str:
    """Return the page with the ways to log in; `to` is where to go afterwards, already judged."""
    address = f"{prefix}/login/oidc?{urlencode({'to': to})}"
    form = _Form(f"{prefix}/login/local", (("to", to),), "current", "Log in") if local else None
    return _page(prefix, "Log in to RECAST", form, provider, address)


def invitation_page(prefix: str, secret: str, login: str) -> str:
    """Return the page that an invitation opens: a name (unless there is one) and a password."""
    words = "Choose a password of at least 12 characters."
    form = _Form(f"{prefix}/login/invitation", (("code", secret),), "new", "Go on", login, words)
    return _page(prefix, "Your account", form)


def _page(prefix: str, heading: str, form: _Form | None, provider: str = "", address: str = "") -> str:
    return render("login.html", prefix, heading=heading, form=form, provider=provider, provider_address=address)
