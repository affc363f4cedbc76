"""A small entry with its spec, and entries with changes."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from recast.catalogue import PublishedVersion
from recast.catalogue.statements.statements import SIGNATURE_TYPE, STATEMENT_TYPE, Statement, Statements
from recast.images import ImageLock, ImageStore, Pin, write_lock
from recast.images.manifest import INDEX_TYPE, MANIFEST_TYPE
from tests.busybox import add_busybox

DIGEST = "sha256:" + "ab" * 32
WHEN = "2026-01-01T00:00:00Z"

WORKFLOW = """
stages:
- name: count
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters:
      words: {step: init, output: words}
      table: {step: init, output: table}
      output: '{workdir}/limits.json'
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'count {words} {table} {output}'}
      environment: {environment_type: docker-encapsulated, image: tools/count, imagetag: '1'}
      publisher: {publisher_type: frompar-pub, outputmap: {limits: output}}
"""

ENTRY = {
    "analysis": "tiny-1",
    "title": "A tiny analysis",
    "collaboration": "ATLAS",
    "abstract": "Counts words.",
    "references": {"arxiv": "1908.03122"},
    "sqrts_tev": 13,
    "luminosity_inv_fb": 139,
    "final_states": ["words"],
    "models": ["none"],
    "authority": "community",
    "versions": [
        {
            "version": "1.0.0",
            "source": "../specs/tiny-1/1.0.0",
            "init": {"table": "files/table.txt"},
            "examples": {"demo": {"description": "Two words.", "inputs": {"words": ["a", "b"]}}},
            "results": [{"name": "limit", "type": "limit", "stage": "count", "output": "limits"}],
            "validation": [
                {
                    "name": "a",
                    "inputs": {"words": ["a", "b"]},
                    "result": "limit",
                    "point": {"word": "a"},
                    "quantity": "/cls_obs",
                    "published": 0.5,
                    "kind": "relative",
                    "tolerance": 1.0e-4,
                    "source": "table 1",
                }
            ],
        }
    ],
}

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "words": {
            "description": "Words to count.",
            "type": "array",
            "items": {"type": "string", "pattern": "^[a-z]+$"},
            "minItems": 1,
        }
    },
    "required": ["words"],
    "additionalProperties": False,
}


class Checkout:
    """A checkout with one entry; `write` changes it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.entry = root / "catalogue" / "tiny-1.yml"
        self.spec = root / "specs" / "tiny-1" / "1.0.0"
        (self.spec / "files").mkdir(parents=True)
        self.entry.parent.mkdir()
        (self.spec / "workflow.yml").write_text(WORKFLOW)
        (self.spec / "files" / "table.txt").write_text("1 2 3\n")
        self.write_schema(SCHEMA)
        self.write_lock(DIGEST)
        self.write_entry(ENTRY)

    def write_entry(self, entry: dict) -> None:
        self.entry.write_text(yaml.safe_dump(entry, sort_keys=False))

    def write_schema(self, schema: dict) -> None:
        (self.spec / "inputs.schema.json").write_text(json.dumps(schema))

    def write_lock(self, digest: str, resolved: str = "2026-01-01T00:00:00Z") -> None:
        pin = {"digest": digest, "platform": "linux/amd64", "size": 1, "resolved": resolved, "source": "build"}
        lock = {"version": 1, "images": {"tools/count:1": pin}}
        (self.spec / "images.lock.json").write_text(json.dumps(lock))


RECIPE = """FROM example.org/base@sha256:{base}
LABEL org.opencontainers.image.title={title} org.opencontainers.image.version=1
COPY table.txt /table.txt
"""


def add_recipe(spec: Path, title: str) -> Path:
    """Give a spec the recipe of the image `title:1`."""
    folder = spec / "images" / title.rpartition("/")[2]
    folder.mkdir(parents=True)
    (folder / "Containerfile").write_text(RECIPE.format(base="cd" * 32, title=title))
    (folder / "table.txt").write_text("1 2 3\n")
    return folder


def entry_with(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the small entry with values set (or removed, for `...`)."""
    entry = copy.deepcopy(ENTRY)
    for pointer, value in changes.items():
        *parents, last = pointer.split("/")[1:]
        node: Any = entry
        for part in parents:
            node = node[int(part)] if isinstance(node, list) else node[part]
        if value is ...:
            del node[last]
        else:
            node[int(last) if isinstance(node, list) else last] = value
    return entry


BUSYBOX_WORKFLOW = """
stages:
- name: count
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters:
      words: {step: init, output: words}
      table: {step: init, output: table}
      output: '{workdir}/words.txt'
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'cat {table} > {output} && echo {words} >> {output}'}
      environment: {environment_type: docker-encapsulated, image: recast/busybox, imagetag: '1'}
      publisher: {publisher_type: frompar-pub, outputmap: {text: output}}
- name: again
  dependencies: [count]
  scheduler:
    scheduler_type: singlestep-stage
    parameters:
      text: {step: count, output: text}
      output: '{workdir}/lines.txt'
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'wc -l {text} > {output}'}
      environment: {environment_type: docker-encapsulated, image: recast/other, imagetag: '1'}
      publisher: {publisher_type: frompar-pub, outputmap: {lines: output}}
"""


class BusyboxCheckout(Checkout):
    """A checkout whose entry really runs, in two small images that are in `images`."""

    def __init__(self, root: Path, images: ImageStore) -> None:
        super().__init__(root)
        self.images = images
        digest = add_busybox(images)
        config = images._json(images.manifest(digest).config.digest)
        config["config"]["Env"].append("OTHER=yes")
        other = images.add_image(config, images.manifest(digest).layers)
        images.tag("recast/other:1", other)
        self.digests = {"recast/busybox:1": digest, "recast/other:1": other}
        (self.spec / "workflow.yml").write_text(BUSYBOX_WORKFLOW)
        self.write_entry(busybox_entry({}))
        pins = {name: Pin(it, "linux/amd64", 1, "2026-01-01T00:00:00Z", "build") for name, it in self.digests.items()}
        write_lock(self.spec, ImageLock(pins))


def busybox_entry(changes: dict[str, Any]) -> dict[str, Any]:
    results = [{"name": "lines", "type": "file", "stage": "again", "output": "lines"}]
    return entry_with({"/versions/0/results": results, "/versions/0/validation": [], **changes})


def plant(version: PublishedVersion, statement: Statement, signature: bytes | None = None, **changes) -> str:
    """Put a statement, as a stranger writes it, into the store of a version and into its list; return its manifest."""
    store = version.store
    layers = [store.add(statement.content(), STATEMENT_TYPE).as_json()]
    if signature is not None:
        layers.append(store.add(signature, SIGNATURE_TYPE).as_json())
    subject = {"mediaType": MANIFEST_TYPE, "digest": version.digest, "size": len(store.read(version.digest))}
    config = store.add(b"{}", "application/vnd.oci.empty.v1+json").as_json()
    document = {
        "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "artifactType": STATEMENT_TYPE, "config": config,
        "layers": layers, "subject": subject, **changes,
    }  # fmt: skip
    manifest = store.add(json.dumps(document).encode(), MANIFEST_TYPE).digest
    book = Statements(store, version)
    listing = store.add(book.index({*book.manifests(), manifest}), INDEX_TYPE).digest
    store.tag_name(f"{version.analysis}:{version.digest.replace(':', '-')}", listing)
    return manifest


def about(subject: PublishedVersion, state: str = "published", **changes: str) -> Statement:
    said = Statement(subject.analysis, subject.version, subject.digest, state, "mallory", WHEN, "forged")
    return replace(said, **changes)
