"""The reference: its lock, its results by digest here and in a real registry, announced changes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from recast.ci.reference import (
    Accepted,
    Reference,
    ReferenceRun,
    announce,
    bring_results,
    canonical_results,
    keep_results,
    read_reference,
    send_results,
    write_reference,
)
from recast.errors import NotFound, SpecError, StoreError, UsageError
from recast.store import ArtifactStore
from tests.registry.real import real_registry

A, B = ("sha256:" + letter * 64 for letter in "ab")
REFERENCE = Reference(
    "small-1",
    "c" * 40,
    {"demo": ReferenceRun(A, B, {"generate": (A, B)}, control=A)},
    (Accepted("demo/limit/cls_obs", "new cross sections", "me", "2026-01-01T00:00:00+00:00", 0.1),),
    "oci://registry.example.org/small-1",
)
RESULTS = [{"name": "limit", "type": "limit", "point": {}, "cls_obs": 0.0214}]


def test_a_lock_is_read_as_it_was_written(tmp_path) -> None:
    path = tmp_path / "reference.lock.json"
    assert read_reference(path) is None
    write_reference(path, REFERENCE)
    assert read_reference(path) == REFERENCE
    write_reference(path, replace(REFERENCE, commit=None, accepted=(), registry=None))
    assert "registry" not in json.loads(path.read_bytes())


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"runs": []},
        {"runs": {"demo": {"version": "x", "results": B}}},
        {"runs": {"demo": {"version": A, "results": "../../etc/passwd"}}},
        {"commit": "main"},
        {"accepted": [{"quantity": "", "why": "x"}]},
        {"accepted": [{"quantity": "a", "why": "x", "delta": True}]},
        {"analysis": 3},
    ],
)
def test_a_malformed_lock_is_an_error_that_names_it(tmp_path, change) -> None:
    path = tmp_path / "reference.lock.json"
    path.write_text(json.dumps({**REFERENCE.as_json(), **change}))
    with pytest.raises(SpecError) as caught:
        read_reference(path)
    assert caught.value.code == "ci.reference"
    assert str(path) in caught.value.where


def test_the_marks_of_a_merge_are_an_error(tmp_path) -> None:
    path = tmp_path / "reference.lock.json"
    path.write_text("<<<<<<< HEAD\n{}\n=======\n")
    with pytest.raises(SpecError):
        read_reference(path)


def test_equal_results_have_equal_digests(tmp_path) -> None:
    store = ArtifactStore(tmp_path)
    digest = keep_results(store, RESULTS)
    assert keep_results(store, [dict(reversed(RESULTS[0].items()))]) == digest
    assert bring_results(store, digest) == RESULTS
    turned = [dict(reversed(RESULTS[0].items()))]
    assert [list(row) for row in canonical_results(turned)] == [list(row) for row in bring_results(store, digest)]


def test_another_machine_has_the_results_from_the_registry(tmp_path) -> None:
    here, there = ArtifactStore(tmp_path / "here"), ArtifactStore(tmp_path / "there")
    digest = keep_results(here, RESULTS)
    with real_registry(tmp_path / "registry") as real:
        registry = f"oci://{real.host}/group/small-1"
        with pytest.raises(StoreError, match="not to be had"):
            bring_results(there, digest, registry)
        for _ in range(2):  # sending again changes nothing
            send_results(here, digest, registry)
        assert bring_results(there, digest, registry) == RESULTS
    assert bring_results(there, digest) == RESULTS


def test_results_that_nobody_has_say_what_to_type(tmp_path) -> None:
    with pytest.raises(StoreError) as caught:
        bring_results(ArtifactStore(tmp_path), A)
    assert "recast ci run" in caught.value.next_step


ROWS = [
    {"pointer": "demo/limit/A/cls_obs", "verdict": "moved", "delta": 0.1},
    {"pointer": "demo/limit/B/cls_obs", "verdict": "moved", "delta": 0.2},
    {"pointer": "demo/limit/C/cls_obs", "verdict": "within", "delta": 0.0},
    {"pointer": "demo/cutflow/A/cut", "verdict": "new", "delta": None},
]


def test_only_what_moved_is_announced() -> None:
    found, told = announce(REFERENCE, {"quantities": ROWS}, ["limit/*"], " two\nlines ", "me")
    assert [(item.quantity, item.delta) for item in told] == [
        ("demo/limit/A/cls_obs", 0.1),
        ("demo/limit/B/cls_obs", 0.2),
    ]
    assert {item.why for item in told} == {"two lines"}
    assert found.accepted == (*REFERENCE.accepted, *told)
    again, _ = announce(found, {"quantities": ROWS}, ["demo/limit/A/cls_obs", "demo/cutflow/*"], "why", "me")
    assert [item.quantity for item in again.accepted].count("demo/limit/A/cls_obs") == 1


def test_a_pattern_for_nothing_and_an_empty_reason_are_errors() -> None:
    with pytest.raises(NotFound, match="No quantity that moved"):
        announce(REFERENCE, {"quantities": ROWS}, ["demo/limit/C/*"], "why", "me")
    with pytest.raises(UsageError):
        announce(REFERENCE, {"quantities": ROWS}, ["*"], "  ", "me")
