"""Which status of HTTP an error has: by its code, else by its class."""

from __future__ import annotations

from recast.errors import (
    CredentialsProblem,
    EntryError,
    InfrastructureError,
    InputError,
    NotFound,
    PermissionDenied,
    RecastError,
    SpecError,
    UsageError,
)

__all__ = ["status_of"]

_BY_CODE = {
    "desk.changed": 412,
    "rate-limit": 429,
    "network.identity-provider": 503,
    "permission.identity-provider": 502,
    "request.moved-on": 409,
    "service.busy": 503,
    "service.if-match": 428,
    "service.media-type": 415,
    "service.method": 405,
    "service.too-large": 413,
    "service.too-slow": 408,
    "service.unreadable": 400,
    "unforeseen": 500,
    "upload.too-large": 413,
}
_BY_CLASS: tuple[tuple[type[RecastError], int], ...] = (
    (CredentialsProblem, 401),
    (PermissionDenied, 403),
    (NotFound, 404),
    (UsageError, 400),
    (InputError, 422),
    (SpecError, 422),
    (EntryError, 422),
    (InfrastructureError, 503),
)


def status_of(error: RecastError) -> int:
    """Return the status that answers an error; 500 for what is nobody's fault but ours."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next((status for kind, status in _BY_CLASS if isinstance(error, kind)), 500)
