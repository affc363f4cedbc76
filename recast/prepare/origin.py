"""A run's origin as text: where its spec, inputs and entry came from, and what the user set in place of the spec."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from recast.jobs import Bind
from recast.json_types import JsonObject

__all__ = ["origin_lines", "override_lines"]


def origin_lines(origin: JsonObject | None) -> Iterator[str]:
    """Yield a line for each item that came from elsewhere (`RunOrder.origin`); none for a run from local files."""
    known = origin or {}
    if entry := known.get("entry"):
        example = f", example {entry['example']}" if entry["example"] else ""
        yield f"entry    {entry['name']}{example}, imported {entry['added']} from {entry['location']}"
    if submitted := known.get("submit"):
        yield f"image    {submitted['image']} is {submitted['digest']} ({submitted['how']})"
        yield f"command  {shlex.join(submitted['command'])}"
    if tested := known.get("step_tests"):
        yield f"tests    {', '.join(tested['tests'])}"
    if crate := known.get("crate"):
        yield f"crate    of run {crate['run']}, {crate['digest']}"
    if top := known.get("toplevel"):
        commit = f", commit {top['commit']}" if top["commit"] else ""
        yield f"toplevel {top['toplevel']}{commit}, {top['digest']}, fetched {top['fetched']}"
    if archive := known.get("input_archive"):
        when = f", fetched {archive['fetched']}" if archive["fetched"] else ""
        yield f"inputs   {archive['location']} sha256:{archive['sha256']}{when}"
    for item in known.get("files", {}).values():
        checksum = f" sha256:{item['sha256']}" if "sha256" in item else ""
        when = f", fetched {item['fetched']}" if "fetched" in item else ""
        yield f"input    {item['input']} {item['from']}{checksum}{when}"
    for item in known.values():
        if item.get("note"):
            yield f"note     {item['note']}"


def override_lines(overrides: JsonObject) -> Iterator[str]:
    """Yield a line for each value that the user set in place of the spec (`RunOrder.overrides`)."""
    for name, image in overrides.get("images", {}).items():
        yield f"override image {name} is {image}"
    for where, said in {"": overrides.get("all", {}), **overrides.get("stages", {})}.items():
        what = f"stage {where}" if where else "all stages"
        for name, value in said.get("env", {}).items():
            yield f"override {what}: env {name}={value}"
        for bind in said.get("binds", ()):
            yield f"override {what}: bind {Bind(**bind)}"
        for name, value in said.items():
            if name not in ("env", "binds", "wishes"):
                yield f"override {what}: {name} {value}"
        for name, value in said.get("wishes", {}).items():
            yield f"override {what}: {name} {', '.join(value) if isinstance(value, list) else value}"
    if tries := overrides.get("tries"):
        yield f"override all stages: tries {tries}"
