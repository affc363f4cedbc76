"""The cookies of the service: their names, and how they are set and taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from recast.service.identity.settings import IdentitySettings
from recast.service.identity.shown import Shown

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["Purpose", "cookie_of", "forget_cookie", "forgotten_link", "set_cookie"]

Purpose = Literal["session", "login", "link"]


def cookie_of(shown: Shown, settings: IdentitySettings, purpose: Purpose) -> str:
    """Return the value of a cookie of ours; empty if there is none."""
    return shown.cookies.get(_name(settings, purpose), "")


def set_cookie(response: Response, settings: IdentitySettings, purpose: Purpose, value: str, life_s: int) -> None:
    """Set a cookie that no script reads and that goes along only with requests to this service.

    `Lax`, not `Strict`: whoever follows a link in a mail, or comes back from the provider, is still logged in. What
    changes something is guarded by `origins.cross_site` besides.
    """
    response.set_cookie(
        _name(settings, purpose), value, max_age=life_s, path=_path(settings), secure=settings.secure, httponly=True,
        samesite="lax",
    )  # fmt: skip


def forget_cookie(response: Response, settings: IdentitySettings, purpose: Purpose) -> None:
    """Take a cookie away from the browser."""
    response.delete_cookie(
        _name(settings, purpose), path=_path(settings), secure=settings.secure, httponly=True, samesite="lax"
    )


def forgotten_link(settings: IdentitySettings) -> str:
    """Return the header that takes the cookie of a link away from a browser, whatever it is answered."""
    from starlette.responses import Response

    answer = Response()
    forget_cookie(answer, settings, "link")
    return answer.headers["set-cookie"]


def _name(settings: IdentitySettings, purpose: Purpose) -> str:
    """Return a cookie's name. Browsers take `__Host-` only by TLS from this very host: no neighbour can plant one."""
    return f"__Host-recast-{purpose}" if settings.secure else f"recast-{purpose}"


def _path(settings: IdentitySettings) -> str:
    return "/" if settings.secure else settings.prefix or "/"
