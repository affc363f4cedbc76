"""Names of images: `name`, `name:tag`, `name@sha256:<hex>`, as the OCI distribution specification spells them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from recast.digests import from_hex, hex_of
from recast.errors import InputError

__all__ = ["Reference", "check_digest", "digest_hex", "note_name", "parse_reference", "subject_of"]

_NOTE = re.compile(r"sha256-([0-9a-f]{64})(?:\.[a-z]+)?")


def note_name(name: str, digest: str, kind: str) -> str:
    """Return the name under which a store keeps what is said about image `digest` of `name` (any tag of it)."""
    return f"{parse_reference(name).name}:sha256-{digest_hex(digest)}.{kind}"


def subject_of(name: str) -> str | None:
    """Return the digest of the image that a name speaks about, None if it is the name of an image itself."""
    match = _NOTE.fullmatch(name.rpartition(":")[2])
    return from_hex(match[1]) if match else None


_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"
_NAME = re.compile(rf"(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LONGEST_NAME = 255
_FORMS = "Forms: name, name:tag, name@sha256:<64 hex digits>, name:tag@sha256:<64 hex digits>"


@dataclass(frozen=True, slots=True)
class Reference:
    """The parts of an image's name; `tag` and `digest` are None where the text had none."""

    name: str
    tag: str | None = None
    digest: str | None = None

    @property
    def pinned(self) -> bool:
        """Whether the reference says which bytes are meant."""
        return self.digest is not None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"


def parse_reference(text: str) -> Reference:
    """Take an image's name apart; raise InputError (`image.reference`) for anything that is not one."""
    rest, at, digest = text.partition("@")
    if at:
        check_digest(digest)
    name, tag = _split_tag(rest)
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise _bad("Not the name of an image", text)
    if tag is not None and not _TAG.fullmatch(tag):
        raise _bad("Not the tag of an image", text)
    return Reference(name, tag, digest if at else None)


def check_digest(text: str) -> str:
    """Return `text` if it is `sha256:` and 64 lower-case hex digits; raise InputError otherwise."""
    if not _DIGEST.fullmatch(text):
        raise _bad("Not a sha256 digest", text)
    return text


def digest_hex(digest: str) -> str:
    """Return the 64 hex digits of a digest."""
    return hex_of(check_digest(digest))


def _split_tag(rest: str) -> tuple[str, str | None]:
    # The colon of a port stands before the last slash, the colon of a tag behind it.
    head, slash, last = rest.rpartition("/")
    name, colon, tag = last.partition(":")
    return f"{head}{slash}{name}", tag if colon else None


def _bad(what: str, text: str) -> InputError:
    text = text.partition("?")[0] + "?***" if "?" in text else text  # an address of elsewhere, with its token
    return InputError(what, where=repr(text[:120]), why=_FORMS, code="image.reference")
