"""Released answers, signed when somebody asks for the first time, and kept as they were given out."""

from __future__ import annotations

from pathlib import Path

from recast.desk.model import Request
from recast.desk.statement import released_answer, released_statement
from recast.digests import digest_of
from recast.ledger import Ledger
from recast.service.parts import Parts

__all__ = ["key_is_there", "public_key", "statement_of"]


def statement_of(parts: Parts, request: Request, answer: str) -> bytes:
    """Return the signed file of a released answer, the same bytes for everybody; raise NotFound if it is not released,
    or if what was stated at its release is not kept: nothing else is ever signed.
    """
    from recast.operations.desk.released import sign_released

    digest = released_answer(request, answer)[1].statement
    signed = parts.ledger.statements.get(digest)
    if signed is not None:
        return signed
    content = parts.ledger.statements.stated(digest)
    if content is None or digest_of(content) != digest:  # released before this was kept, or damaged
        content = released_statement(request, answer)
    return parts.ledger.statements.keep(digest, sign_released(content, _key(parts)))


def public_key(parts: Parts) -> str:
    """Return the public half of the key of this service, as one line."""
    return _key(parts).with_suffix(".pub").read_text(encoding="utf-8")


def key_is_there(ledger: Ledger) -> bool:
    """Return whether the key of a service is on this machine; what asks for it elsewhere would make another one."""
    from recast.operations.desk.released import KEY

    return (ledger.beside / KEY).is_file()


def _key(parts: Parts) -> Path:
    """Return the private key, which lies beside the ledger, where the back-up finds it."""
    from recast.operations.desk.released import service_key

    return service_key(parts.ledger.beside)
