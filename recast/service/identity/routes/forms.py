"""The few pages of login, as plain HTML that needs no script, style or picture; every value is escaped."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

__all__ = ["invitation_page", "login_page"]

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body><main><h1>{title}</h1>
{content}
</main></body></html>
"""
_FORM = """<form method="post" action="{action}">
{hidden}<p><label>Name <input name="login" autocomplete="username" required maxlength="64"{value}></label></p>
<p><label>Password <input name="password" type="password" autocomplete="{kind}-password" required></label></p>
<p><button>{button}</button></p>
</form>"""


def login_page(prefix: str, *, local: bool, provider: str, to: str) -> str:
    """Return the page with the ways to log in; `to` is where to go afterwards, already judged."""
    ways = []
    if provider:
        target = escape(f"{prefix}/login/oidc?{urlencode({'to': to})}")
        ways.append(f'<p><a href="{target}">Log in with {escape(provider)}</a></p>')
    if local:
        ways.append(_form(f"{prefix}/login/local", {"to": to}, "current", "Log in"))
    return _page("Log in to RECAST", "\n".join(ways) or "<p>There is no way to log in here.</p>")


def invitation_page(prefix: str, secret: str, login: str) -> str:
    """Return the page that an invitation opens: a name (unless there is one) and a password."""
    form = _form(f"{prefix}/login/invitation", {"code": secret}, "new", "Go on", login)
    return _page("Your account", f"<p>Choose a password of at least 12 characters.</p>\n{form}")


def _form(action: str, hidden: dict[str, str], kind: str, button: str, login: str = "") -> str:
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">\n' for name, value in hidden.items()
    )
    value = f' value="{escape(login)}" readonly' if login else ""
    return _FORM.format(action=escape(action), hidden=fields, value=value, kind=kind, button=escape(button))


def _page(title: str, content: str) -> str:
    return _PAGE.format(title=escape(title), content=content)
