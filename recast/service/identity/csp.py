"""The headers of every response: a content policy that allows nothing, which a page widens by name."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["DATA_POLICY", "FORM_POLICY", "HEADERS", "PAGE_POLICY", "headers_for"]

DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
"""For JSON, files and errors: whatever a browser takes them for, nothing in them runs or loads."""

FORM_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""For the forms of login: text and fields, the stylesheet and the icon of all pages, no script."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""For pages: what this service itself serves, and no inline script or style."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": DATA_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Not `no-referrer`: with it, browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_A_YEAR_OF_TLS = "max-age=31536000"


def headers_for(base_url: str, policy: str = DATA_POLICY) -> dict[str, str]:
    """Return the headers of a response; with `https` in the service's URL also the one that keeps browsers to it."""
    found = {**HEADERS, "Content-Security-Policy": policy}
    if base_url.startswith("https://"):
        found["Strict-Transport-Security"] = _A_YEAR_OF_TLS
    return found
