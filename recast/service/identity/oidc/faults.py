"""What can be wrong with a provider: it cannot be reached, it says what cannot be true, or it says no."""

from __future__ import annotations

from recast.errors import NetworkError, PermissionDenied
from recast.terminal_safe import one_line

__all__ = ["ProviderDown", "ProviderLies", "login_refused"]


class ProviderDown(NetworkError):
    """The provider cannot be reached, or does not answer as a provider does."""

    code = "network.identity-provider"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            "The login service cannot be used now",
            where=where,
            why=one_line(why, 300),
            next_step="try again later; whoever is logged in stays so, and tokens go on working",
        )


class ProviderLies(PermissionDenied):
    """What the provider says does not fit what was asked, or is not signed by it: nobody is logged in by it."""

    code = "permission.identity-provider"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            "The login service said something that is not accepted",
            where=where,
            why=one_line(why, 300),
            next_step="begin the login anew; if it happens again, tell the operators of this service",
        )


def login_refused(why: str) -> PermissionDenied:
    """Return the error for a login that did not happen: the person said no, waited too long, or another began it."""
    return PermissionDenied(
        "The login was not completed",
        why=one_line(why, 300),
        next_step="begin it anew, in one browser, within fifteen minutes",
        code="permission.login",
    )
