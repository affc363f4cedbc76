"""Names and small files of a spec from elsewhere: references, addresses, locks, recipes, entries of the catalogue."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from recast.catalogue.entries.entry import load_entry
from recast.catalogue.semver import Semver
from recast.errors import RecastError
from recast.images.building.recipe import load_recipe
from recast.images.lock import load_lock
from recast.images.reference import check_digest, parse_reference
from recast.inputs.filevalue import BadFile, parse_file
from recast.registry.name import parse_target
from recast.remote.scheme import parse_toplevel, split_workflow, workflow_file
from tests.fuzz.border import Border, scratch
from tests.fuzz.mutations import mutated_bytes, mutated_json, mutated_parts

__all__ = ["BORDERS"]

_DIGEST = "sha256:" + "ab" * 32
_READERS: tuple[Callable[[str], Any], ...] = (
    parse_reference, parse_target, check_digest, parse_toplevel, split_workflow, workflow_file, parse_file,
)  # fmt: skip


def feed_name(data: bytes) -> None:
    """A name that stands in a spec, an entry, an index or a registry."""
    for text in {data.decode("utf-8", "replace"), data.decode("utf-8", "surrogateescape")}:
        for read in _READERS:
            with contextlib.suppress(RecastError, BadFile):
                str(read(text))
        if Semver.valid(text):
            Semver.parse(text)


def feed_lock(data: bytes) -> None:
    """The lock of images beside a spec."""
    with scratch() as folder:
        (folder / "images.lock.json").write_bytes(data)
        with contextlib.suppress(RecastError):
            json.dumps(load_lock(folder).as_json(), allow_nan=False).encode()


def feed_recipe(data: bytes) -> None:
    """The recipe of a base image beside a spec."""
    with scratch() as folder:
        (folder / "recipe.yml").write_bytes(data)
        with contextlib.suppress(RecastError):
            load_recipe(folder / "recipe.yml").model_dump_json()


def feed_entry(data: bytes) -> None:
    """An entry of the catalogue."""
    with scratch() as folder:
        (folder / "tiny-1.yml").write_bytes(data)
        with contextlib.suppress(RecastError):
            load_entry(folder / "tiny-1.yml").entry.model_dump_json()


_NAMES = (
    f"ghcr.io/group/name:1.0@{_DIGEST}", "oci://127.0.0.1:5000/x:y", "busybox", _DIGEST, "github:org/repo@main:sub",
    "gitlab-cern:a/b@v1:c/workflow.yml", "https://example.org/a/b.yml#sha256=" + "ab" * 32, "1.0.0-rc.1", "bundle:a/b",
    "file:///etc/passwd", "[::1]:5000/x",
)  # fmt: skip
_LOCK = {
    "version": 1,
    "images": {
        "tools/count:1": {"digest": _DIGEST, "platform": "linux/amd64", "size": 5, "created": "", "origin": "registry"}
    },
}
_RECIPE = b"""
name: base
tag: '1'
suite: bookworm
snapshot: '20240101T000000Z'
timestamp: 1700000000
packages: [a, {name: b, version: '1'}]
env: {A: b}
"""
_ENTRY = b"""
analysis: tiny-1
title: A tiny analysis
collaboration: ATLAS
abstract: Counts words.
references: {arxiv: '1908.03122'}
sqrts_tev: 13
luminosity_inv_fb: 139
final_states: [words]
models: [none]
authority: community
versions:
- version: 1.0.0
  source: ../specs/tiny-1/1.0.0
  examples: {demo: {description: Two words., inputs: {words: [a, b]}}}
  results: [{name: limit, type: limit, stage: count, output: limits}]
"""
_by_line = mutated_parts(b"\n", mutated_bytes)

BORDERS = [
    Border("name", feed_name, lambda: [name.encode() for name in _NAMES]),
    Border("lock", feed_lock, lambda: [json.dumps(_LOCK).encode()], mutated_json, examples=100),
    Border("recipe", feed_recipe, lambda: [_RECIPE], _by_line, examples=100),
    Border("entry", feed_entry, lambda: [_ENTRY], _by_line, examples=60),
]
