"""YAML that is meant to crash, to hang, to fill the memory or to run code."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

NINE = "abcdefghi"


def bomb(row: str) -> str:
    """Return nine levels of anchors; `row` makes a level of the alias of the one before."""
    lines = ["a: &a {x0: 0, x1: 1, x2: 2, x3: 3, x4: 4, x5: 5, x6: 6, x7: 7, x8: 8, x9: 9}"]
    for before, name in itertools.pairwise(NINE):
        lines.append(f"{name}: &{name} " + row.replace("@", f"*{before}"))
    return "\n".join([*lines, "stages: []"])


def stage(parameters: str) -> str:
    return (
        "stages:\n- name: a\n  dependencies: [init]\n  scheduler:\n    scheduler_type: singlestep-stage\n"
        f"    parameters: {parameters}\n"
        "    step: {process: null, environment: null, publisher: {publisher_type: constant-pub, publish: {}}}\n"
    )


def many_keys(count: int) -> str:
    return "stages: []\n" + "".join(f"k{i}: 1\n" for i in range(count))


REFUSED = {
    "aliases of aliases": (bomb("[" + ", ".join(["@"] * 10) + "]"), "spec.yaml-bomb"),
    "aliases of aliases in maps": (bomb("{" + ", ".join(f"y{i}: @" for i in range(10)) + "}"), "spec.yaml-bomb"),
    "merge keys of merge keys": (bomb("{<<: [" + ", ".join(["@"] * 10) + "]}"), "spec.yaml-bomb"),
    "an alias in its own anchor": ("stages: &s [*s]", "spec.yaml-recursive"),
    "a merge of itself": ("stages: &s {<<: *s}", "spec.yaml-recursive"),
    "deep lists": ("stages: " + "[" * 200_000, "spec.too-deep"),
    "deep maps": ("stages: " + "{a: " * 200_000, "spec.too-deep"),
    "deep blocks": ("\n".join(" " * i + "a:" for i in range(2000)), "spec.too-deep"),
    "deep block lists": ("stages:\n" + "- " * 100_000 + "a", "spec.too-deep"),
    "a huge text": ("stages: '" + "x" * 5_000_000 + "'", "spec.too-large"),
    "a huge integer": (stage("{x: " + "9" * 1_000_000 + "}"), "spec.yaml"),
    "a huge hexadecimal integer": (stage("{x: 0x" + "f" * 3_000_000 + "}"), "spec.yaml"),
    "a huge integer of base 60": (stage("{x: 1" + ":59" * 1_000_000 + "}"), "spec.yaml"),
    "a huge float of base 60": (stage("{x: 1" + ":59" * 1_000_000 + ".5}"), "spec.yaml"),
    "many keys": (many_keys(250_000), "spec.yaml-bomb"),
    "many elements": ("stages: [" + "1," * 500_000 + "]", "spec.yaml-bomb"),
    "many anchors": ("stages:\n" + "".join(f"- &a{i} b\n" for i in range(50_000)), "spec.yaml-bomb"),
    "a python object": ('stages: !!python/object/apply:os.system ["touch pwned"]', "spec.yaml"),
    "a python name": ("stages: !!python/name:os.system", "spec.yaml"),
    "a python module": ("stages: !!python/module:antigravity", "spec.yaml"),
    "a tag of its own": ("stages: !include /etc/passwd", "spec.yaml"),
    "a set": ("stages: !!set {a, b}", None),
    "binary data": ("stages: !!binary aGFsbG8=", None),
    "an impossible date": (stage("{x: 2020-13-45}"), "spec.yaml"),
    "two documents": ("stages: []\n---\nstages: []", "spec.yaml"),
    "a key that is a list": ("? [a]\n: b", "spec.yaml"),
    "a key that is a map": ("stages: []\n? {a: 1}\n: b", "spec.yaml"),
    "a huge number by a tag": (stage("{x: !!int '" + "7" * 100_000 + "'}"), "spec.yaml"),
    "no number by a tag": (stage("{x: !!float abc}"), "spec.yaml"),
    "an empty number by a tag": (stage("{x: !!int ''}"), "spec.yaml"),
    "no boolean by a tag": (stage("{x: !!bool abc}"), "spec.yaml"),
    "no date by a tag": (stage("{x: !!timestamp abc}"), "spec.yaml"),
    "no base 64 by a tag": (stage("{x: !!binary 'a'}"), "spec.yaml"),
    "not a number": (stage("{x: .nan}"), "spec.not-json"),
    "infinity": (stage("{x: .inf}"), "spec.not-json"),
    "a tab": ("stages:\n\t- a", "spec.yaml"),
    "nothing": ("", None),
    "a comment": ("# stages", None),
    "a text": ("stages", None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_text_is_refused(attack, tmp_path, name):
    text, code = REFUSED[name]
    (tmp_path / "workflow.yml").write_text(text)
    said = attack()
    assert [answer["code"] for answer in (said.validate, said.lint, said.run)] == [3, 3, 3], said
    assert code is None or said.codes == {code}


BYTES = {
    "garbage": (bytes(range(256)) * 1000, {"spec.encoding"}),
    "random": (os.urandom(100_000), {"spec.encoding", "spec.yaml"}),
    "zeros": (bytes(100_000), {"spec.yaml"}),
    "latin1": (b"stages: [] # M\xfcnchen", {"spec.encoding"}),
    "half a character": (b"stages: ['\xe2\x82", {"spec.encoding"}),
    "a surrogate": (b"stages: ['\xed\xa0\x80']", {"spec.encoding"}),
    "an overlong slash": (b"stages: ['\xc0\xaf']", {"spec.encoding"}),
    "utf-16": ("stages: []".encode("utf-16"), {"spec.encoding"}),
    "a NUL": (b"stages: [\x00]", {"spec.yaml"}),
    "an escape sequence": (b"stages: ['\x1b[2Jowned']", {"spec.yaml"}),
    "a zip": (b"PK\x03\x04" + os.urandom(1000), {"spec.encoding", "spec.yaml"}),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_are_refused(attack, tmp_path, name):
    data, codes = BYTES[name]
    (tmp_path / "workflow.yml").write_bytes(data)
    said = attack()
    assert [answer["code"] for answer in (said.validate, said.lint, said.run)] == [3, 3, 3]
    assert len(said.codes) == 1
    assert said.codes <= codes


def test_a_file_of_100_megabytes_is_refused_unread(attack, tmp_path):
    with (tmp_path / "workflow.yml").open("wb") as stream:
        stream.write(b"stages: []\n")
        stream.truncate(100_000_000)
    said = attack()
    assert said.codes == {"spec.too-large"}
    assert said.run["code"] == 3


def test_a_referred_file_of_100_megabytes_is_refused_unread(attack, tmp_path):
    (tmp_path / "workflow.yml").write_text("stages: {$ref: steps.yml}")
    with (tmp_path / "steps.yml").open("wb") as stream:
        stream.truncate(100_000_000)
    assert attack().codes == {"spec.too-large"}


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/stdin", "/proc/self/mem"])
def test_a_workflow_that_is_no_file_is_not_opened(attack, tmp_path, target):
    Path(tmp_path / "workflow.yml").symlink_to(target)
    said = attack()
    assert {answer["code"] for answer in (said.validate, said.lint, said.run)} <= {3, 6}
