"""What strangers say: statements, signatures, lists of signers, entries of catalogues, points of scans, specs."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from recast.catalogue.statements.statements import read_statement
from recast.errors import RecastError
from recast.recast_atlas.entry import kind_of, read_entry, read_index
from recast.scans.points import parse_points, point_key
from recast.signing import Signers, verify
from recast.spec.load import load_workflow
from recast.spec.source import parse
from recast.submissions.order import SubmitOrder, check_order
from recast.submissions.order_file import read_order_file
from recast.submissions.spec import SPEC_NAME, spec_text
from tests.fuzz.border import Border, scratch
from tests.fuzz.mutations import mutated_bytes, mutated_json, mutated_parts

__all__ = ["BORDERS", "STATEMENT", "WORKFLOW"]

STATEMENT: dict[str, Any] = {
    "schema": 1,
    "analysis": "tiny-1",
    "version": "1.0.0",
    "digest": "sha256:" + "ab" * 32,
    "state": "published",
    "who": "Jane Doe <jane@example.org>",
    "when": "2026-01-31T12:00:00Z",
    "reason": "",
    "where": "",
    "validation": {"validated": True, "passed": 1, "documented": 0},
}

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9G7PY9r1n0fVq3s0YkKq8xJ8T8sH8m4Qm1k2l3n4o5"

WORKFLOW = """
stages:
- name: a
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {q: {step: init, output: q}, out: '{workdir}/o.yml'}
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'count {q} > {out}'}
      environment: {environment_type: docker-encapsulated, image: tools/count, imagetag: '1'}
      publisher: {publisher_type: fromyaml-pub, yamlfile: o.yml}
- name: b
  dependencies: [a]
  scheduler:
    scheduler_type: multistep-stage
    parameters: {x: {stages: a, output: list, unwrap: true}}
    scatter: {method: zip, parameters: [x]}
    step:
      process: {process_type: interpolated-script-cmd, script: 'echo {x}', interpreter: sh}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: interpolated-pub, glob: true, publish: {o: '{workdir}/*.txt'}}
"""


def feed_statement(data: bytes) -> None:
    """A statement of a stranger is read, told apart by order and gravity, and written as it was."""
    try:
        statement = read_statement(data)
    except ValueError:  # what it says that it raises
        return
    json.dumps(statement.as_json(), allow_nan=False).encode()
    assert statement.rank >= 0
    assert sorted([statement.order, ("2026-01-31T12:00:00Z", 0, "")])
    again = read_statement(statement.content())
    assert again == statement


def feed_signature(data: bytes) -> None:
    """A signature beside a statement is good, bad or unknown."""
    with scratch() as folder:
        signers = Signers(folder / "allowed_signers")
        signers.path.write_text(f'tiny-* namespaces="recast-version" {_KEY} Jane\n')
        assert verify(b"words", data, "tiny-1", signers).state in ("bad", "unknown")


def feed_signers(data: bytes) -> None:
    """A list of accepted signers that a stranger has edited."""
    with scratch() as folder:
        signers = Signers(folder / "allowed_signers")
        signers.path.write_bytes(data)
        for signer in signers.all():
            json.dumps(signer.as_json()).encode()
            signers.name_of(signer.key, "tiny-1")


def feed_atlas_entry(data: bytes) -> None:
    """An entry, or an index of entries, of recast-atlas."""
    try:
        document = parse(data, "recast.yml")
        kind = kind_of(document.value)
        if kind == "entry":
            entry = read_entry(document)
            entry.offers()
        elif kind == "index":
            read_index(document)
    except RecastError:
        pass


def feed_points(data: bytes) -> None:
    """A file of points: a table or YAML."""
    for is_table in (True, False):
        try:
            for point in parse_points(data.decode("utf-8", "replace"), "points", is_table=is_table):
                point_key(point)
                json.dumps(point, allow_nan=False).encode()
        except RecastError:
            pass


def feed_spec(data: bytes) -> None:
    """A workflow of a stranger is loaded and checked."""
    with scratch() as folder:
        (folder / "workflow.yml").write_bytes(data)
        with contextlib.suppress(RecastError):
            load_workflow("workflow.yml", folder)


def feed_order(data: bytes) -> None:
    """A file of an order: what is accepted becomes a workflow that loads."""
    with scratch() as folder:
        (folder / "job.yml").write_bytes(data)
        try:
            said = read_order_file(folder / "job.yml")
            order = SubmitOrder(
                said.get("image", "x"), said.get("command", ()), (), said.get("output", ()), said.get("array")
            )
            check_order(order)
        except RecastError:
            return
        (folder / SPEC_NAME).write_text(spec_text(order, "x@sha256:" + "0" * 64), encoding="utf-8")
        load_workflow(SPEC_NAME, folder)


_ENTRY = """
name: examples/rome
metadata: {author: J, short_description: x}
spec: {toplevel: 'github:recast-hep/recast-atlas:rome', workflow: workflow.yml}
example_inputs: {default: {initdata: {did: 404958}}}
results: [{name: CLs, relpath: fit/limit.json}]
"""

_SIGNATURE = b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n"
_SIGNERS = f'a-*,!a-b namespaces="x" {_KEY} Jane\n# no\n'.encode()
_POINTS = (b"mass,f\n100,a.slha\n2e2,b\n", b"grid: {m: [1, 2], n: [a, b]}\n", b"- {m: 1}\n")
_ORDER = b"image: x:1\ncommand: [a, 'b {index}']\noutput: ['*.txt', 'n{index}']\narray: 3\nenv: {A: 1}\n"
_ATLAS_INDEX = b"- name: a\n  path: b.yml\n  tags: [x]\n"
_by_line = mutated_parts(b"\n", mutated_bytes)

BORDERS = [
    Border("statement", feed_statement, lambda: [json.dumps(STATEMENT).encode()], mutated_json),
    Border("signature", feed_signature, lambda: [_SIGNATURE], examples=10),
    Border("signers", feed_signers, lambda: [_SIGNERS]),
    Border("atlas-entry", feed_atlas_entry, lambda: [_ENTRY.encode(), _ATLAS_INDEX], _by_line),
    Border("points", feed_points, lambda: [*_POINTS]),
    Border("order", feed_order, lambda: [_ORDER], _by_line),
    Border("spec", feed_spec, lambda: [WORKFLOW.encode()], _by_line, examples=100),
]
