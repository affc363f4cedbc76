"""How a file is passed as an input: its notations, and where a schema takes one (`"format": "file"`).

my.slha                          a file of this machine; also @my.slha and file:my.slha
https://host/my.slha#sha256=...  a file elsewhere; also {url: https://host/my.slha, sha256: ..., size: 1234}
bundle:files/example.slha        a file of the version itself
upload:sha256:...                a file that the requester has handed to the service
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from recast.inputs.schema import followed
from recast.json_types import JsonDict, JsonObject, JsonValue

__all__ = [
    "MOST_BYTES",
    "BadFile",
    "FileName",
    "FilePlace",
    "FileValue",
    "file_places",
    "parse_file",
    "plain_key",
    "with_values",
]

MOST_BYTES = 16 << 30
"""The largest file that is accepted by default (`x-recast: {max_bytes: ...}`)."""

_CHECKSUM = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")
_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")
_LONGEST_NAME = 100
_DEEPEST = 32
_KEYS = ("url", "sha256", "size")


class FileName(str):
    """A string that the user has marked as a file name: `-p key=@name`."""

    __slots__ = ()


class BadFile(ValueError):
    """A value that is not a file: `allowed` says what would be."""

    def __init__(self, what: str, allowed: str) -> None:
        super().__init__(what)
        self.what, self.allowed = what, allowed


@dataclass(frozen=True, slots=True)
class FileValue:
    """A file as given: `location` is a path, a URL without its checksum, a path of the bundle, or that of an upload."""

    kind: Literal["local", "remote", "bundle", "upload"]
    location: str
    sha256: str = ""
    size: int | None = None

    @property
    def name(self) -> str:
        """Its file name for jobs: characters that are special in shells and patterns are replaced."""
        path = unquote(urlsplit(self.location).path) if self.kind == "remote" else self.location
        path = f"upload-{self.sha256[:16]}" if self.kind == "upload" else path
        name = _UNSAFE.sub("_", path.rstrip("/").rpartition("/")[2]).lstrip(".-")
        return name[-_LONGEST_NAME:].lstrip(".-") or "file"


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A location in the inputs where the schema takes a file: the keys that lead there, the value, its schema."""

    keys: tuple[str | int, ...]
    value: JsonValue
    schema: JsonObject

    @property
    def pointer(self) -> str:
        """The location as a JSON pointer."""
        return "".join(f"/{key}" for key in self.keys)

    @property
    def most_bytes(self) -> int:
        """The maximum size of the file in bytes."""
        bound = self.schema.get("x-recast", {}).get("max_bytes")
        return bound if isinstance(bound, int) and bound > 0 else MOST_BYTES


def file_places(schema: JsonObject, inputs: JsonObject) -> list[FilePlace]:
    """Return the locations of files in inputs: declared by the schema, or marked by the user (`FileName`)."""
    found = {place.keys: place for place in (*_marked(inputs, ()), *_places(schema, inputs, schema, (), set()))}
    return list(found.values())


def parse_file(value: JsonValue) -> FileValue:
    """Parse a file's value; raise BadFile if it is not a file. A missing checksum is not checked here."""
    if isinstance(value, Mapping):
        return _from_map(value)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise BadFile("the value is not a file", "a path, or a URL followed by #sha256=...")
    text = value.removeprefix("@")
    if text.startswith(("http://", "https://")):
        return _from_url(text)
    if text.startswith("bundle:"):
        return FileValue("bundle", text.removeprefix("bundle:"))
    if text.startswith("upload:"):
        return _from_upload(text.removeprefix("upload:"))
    return FileValue("local", unquote(text[7:]) if text.startswith("file:///") else text.removeprefix("file:"))


def with_values(inputs: JsonObject, values: Mapping[tuple[str | int, ...], JsonValue]) -> JsonDict:
    """Return inputs with other values at some locations (by the keys that lead there)."""

    def changed(value: JsonValue, keys: tuple[str | int, ...]) -> JsonValue:
        if keys in values:
            return values[keys]
        if isinstance(value, Mapping):
            return {key: changed(item, (*keys, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [changed(item, (*keys, index)) for index, item in enumerate(value)]
        return value

    return {key: changed(value, (key,)) for key, value in inputs.items()}


def _from_url(text: str) -> FileValue:
    url, mark, fragment = text.partition("#")
    _check_url(url)
    if not mark:
        return FileValue("remote", url)
    found = _CHECKSUM.fullmatch(fragment.removeprefix("sha256="))
    if not fragment.startswith("sha256=") or found is None:
        raise BadFile("its checksum is malformed", "#sha256= and 64 hexadecimal digits, as sha256sum prints them")
    return FileValue("remote", url, found[1].lower())


def _from_upload(digest: str) -> FileValue:
    if not digest.startswith("sha256:") or _CHECKSUM.fullmatch(digest) is None:
        raise BadFile("it does not name an upload", "upload:sha256:... with 64 hexadecimal digits, as the upload said")
    return FileValue("upload", digest.lower(), digest.lower().removeprefix("sha256:"))


def _from_map(value: JsonObject) -> FileValue:
    unknown = [str(key) for key in value if key not in _KEYS]
    if unknown or not isinstance(value.get("url"), str):
        what = f"a file has no {unknown[0]!r}" if unknown else "it has no url"
        raise BadFile(what, "{url: https://..., sha256: ..., size: ...}")
    url, checksum, size = value["url"], value.get("sha256", ""), value.get("size")
    _check_url(url)
    found = _CHECKSUM.fullmatch(str(checksum))
    if checksum and found is None:
        raise BadFile("its checksum is malformed", "64 hexadecimal digits, as sha256sum prints them")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise BadFile("its size is not a number of bytes", "size: 1234")
    return FileValue("remote", url, found[1].lower() if found else "", size)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise BadFile("it is not a URL", "https://host/path")
    if parts.username is not None:
        raise BadFile("a URL with a password would be written to logs and records", "a URL without one")


def _marked(value: JsonValue, keys: tuple[str | int, ...]) -> Iterator[FilePlace]:
    if isinstance(value, FileName):
        yield FilePlace(keys, value, {})
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _marked(item, (*keys, key))


def _places(
    part: JsonValue, value: JsonValue, root: JsonObject, keys: tuple[str | int, ...], seen: set[tuple[int, JsonValue]]
) -> Iterator[FilePlace]:
    """Yield the files in a value; each part of a schema visits each location once, even with cyclic references."""
    if (id(part), keys) in seen or len(keys) > _DEEPEST:
        return
    seen.add((id(part), keys))
    schema = followed(part, root)
    if schema is None:
        return
    if schema.get("format") == "file":
        if isinstance(value, (str, Mapping)):
            yield FilePlace(keys, value, schema)
        return
    for word in ("allOf", "anyOf", "oneOf"):
        for choice in schema.get(word, ()):
            yield from _places(choice, value, root, keys, seen)
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        for key, item in value.items():
            yield from _places(known.get(key, schema.get("additionalProperties")), item, root, (*keys, key), seen)
    elif isinstance(value, list):
        first = schema.get("prefixItems", ())
        for index, item in enumerate(value):
            inner = first[index] if index < len(first) else schema.get("items")
            yield from _places(inner, item, root, (*keys, index), seen)


def plain_key(key: str) -> str:
    """Return a key of the inputs as used in paths below init."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", key) or "_"
