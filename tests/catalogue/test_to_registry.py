"""A version in a registry: the same digest for us and for skopeo, run elsewhere by its number alone."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest
from catalogue_parts import busybox_entry

from tests.registry.real import skopeo


@pytest.fixture
def place(registry, request):
    """A repository of its own for this test."""
    return f"oci://{registry.host}/t/{request.node.name.replace('[', '-').strip(']').lower()[:60].rstrip('-_')}"


def lines_of(machine, run: str) -> list:
    return machine.ok("results", run)["results"]


def test_published_here_and_run_elsewhere_with_the_same_results(author, machine, place):
    sent = author.ok("publish", author.checkout.entry, "--to", place, "--reason", "nothing to compare with")
    assert sent["at"] == f"{place}:1.0.0"
    raw = skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{sent['at'][6:]}")
    assert "sha256:" + hashlib.sha256(raw.encode()).hexdigest() == sent["digest"]
    mine = author("run", "tiny-1", "--example", "demo")
    assert mine.code == 0, mine.err
    other = machine("reader")
    theirs = other("run", f"{place}:1.0.0", "--example", "demo")
    assert theirs.code == 0, theirs.err
    assert "pulling recast/busybox:1" in theirs.err
    assert lines_of(other, theirs.out.strip()) == lines_of(author, mine.out.strip())
    shown = other.ok("show", theirs.out.strip())
    assert shown["digest"] == sent["digest"]
    assert {step["image_run"] for step in shown["steps"][1:]} == set(author.checkout.digests.values())
