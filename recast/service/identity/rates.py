"""How often somebody may try: logins, wrong tokens, requests. Counted in this process, forgotten when it ends."""

from __future__ import annotations

import ipaddress
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from recast.errors import PermissionDenied

__all__ = ["Rates", "TooOften", "network_of"]

_LOGINS_OF_AN_ADDRESS = RateLimitItemPerMinute(20, 1)
_LOGINS_FROM_THERE = RateLimitItemPerMinute(5, 5)
_LOGINS_OF_A_NAME = RateLimitItemPerMinute(50, 15)
"""Enough for whoever forgot a password while an attacker elsewhere tries: that one is stopped by the two above."""

_POLLS = RateLimitItemPerMinute(240, 1)
_WRONG_SECRETS = RateLimitItemPerMinute(60, 1)


class TooOften(PermissionDenied):
    """Somebody tried too often; `retry_after_s` says when to come back."""

    code = "rate-limit"

    def __init__(self, what: str, retry_after_s: int) -> None:
        super().__init__(what, next_step=f"try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Rates:
    """The counters of one process. Each method counts, and raises TooOften."""

    def __init__(self, requests_per_minute: int) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(max(1, requests_per_minute), 1)

    def login(self, name: str, address: str) -> None:
        """Count an attempt to log in with a password, whether or not there is such a name."""
        network = network_of(address)
        self._hit(_LOGINS_OF_AN_ADDRESS, "login", network)
        self._hit(_LOGINS_FROM_THERE, "login", network, name)
        self._hit(_LOGINS_OF_A_NAME, "login", name)

    def login_succeeded(self, name: str, address: str) -> None:
        """Forget the wrong attempts of somebody who knew the password in the end."""
        self._limiter.clear(_LOGINS_FROM_THERE, "login", network_of(address), name)

    def begin_login(self, address: str) -> None:
        """Count a login that begins at the provider, or another step that costs us a call."""
        self._hit(_LOGINS_OF_AN_ADDRESS, "begin", network_of(address))

    def poll(self, address: str) -> None:
        """Count a question whether a person has said yes yet."""
        self._hit(_POLLS, "poll", network_of(address))

    def wrong_secret(self, address: str) -> None:
        """Count a wrong token, link or invitation."""
        self._hit(_WRONG_SECRETS, "wrong", network_of(address))

    def request(self, who: str, address: str) -> None:
        """Count a request of a user, or of an address if nobody is logged in."""
        self._hit(self._requests, "request", who or network_of(address))

    def _hit(self, limit: RateLimitItem, *about: str) -> None:
        if not self._limiter.hit(limit, *about):
            self._refuse(limit, *about)

    def _refuse(self, limit: RateLimitItem, *about: str) -> None:
        wait_s = self._limiter.get_window_stats(limit, *about).reset_time - time.time()
        raise TooOften("This was tried too often", round(min(limit.get_expiry(), max(1, wait_s))))


def network_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 of an IPv6 address, which one machine can fill."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "elsewhere"
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
