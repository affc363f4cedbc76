"""YAML reading: the values of yaml.safe_load, the lines, and what is refused."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import SpecError
from recast.spec.source import MAX_DEPTH, MAX_FILE_BYTES, parse, segment

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_dumped_documents_read_as_safe_load_reads_them(value, flow):
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    assert parse(text.encode(), "f").value == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "a: [yes, no, on, off, ~, null, 0x1f, 0o17, 017, 1_000, 1e3, 1.5, .inf, 22:30, 2020-01-31, '5', !!str 5]",
        "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz:\n  c: 4\n  <<: [*x, {d: 5}]\n",
        "x: &x [1, 2]\ny: [*x, *x]",
        "t: !!set {a, b}\nb: !!binary aGVsbG8=\no: !!omap [a: 1]",
        '{"a": "\\u00e9\\n", "b": [true, null, 1.0e+2]}',
        "s: |\n  two\n  lines\nf: >-\n  one\n  line\n",
        "---\na: 1\n...\n",
        "? a\n: b\n? 1\n: c\n",
    ],
)
def test_the_corners_of_yaml_read_as_safe_load_reads_them(text):
    assert parse(text, "f").value == yaml.safe_load(text)


def test_a_byte_order_mark_is_skipped():
    assert parse(b"\xef\xbb\xbfa: 1", "f").value == {"a": 1}


def test_each_value_has_its_line_and_a_map_entry_that_of_its_key():
    document = parse("a:\n  b: |\n    text\n  'c/d~':\n  - 1\n  -\n    x: 2\n", "f")
    lines = {key: document.position(key).line for key in ("", "/a", "/a/b", "/a/c~1d~0/0", "/a/c~1d~0/1/x")}
    assert lines == {"": 1, "/a": 1, "/a/b": 2, "/a/c~1d~0/0": 5, "/a/c~1d~0/1/x": 7}
    assert str(document.position("/a/b")) == "f:2 /a/b"


@given(st.text())
def test_segments_of_pointers_can_be_read_back(key):
    assert segment(key).replace("~1", "/").replace("~0", "~") == key
    assert "/" not in segment(key)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]\n" for i in range(9)
)
MERGE_BOMB = "a0: &a0 {x: 1, y: 2}\n" + "".join(
    f"a{i + 1}: &a{i + 1} {{<<: [{', '.join([f'*a{i}'] * 9)}]}}\n" for i in range(9)
)


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (BOMB, "spec.yaml-bomb", "f:6:5"),
        (MERGE_BOMB, "spec.yaml-bomb", "f:6:14"),
        ("a: &a [1, *a]", "spec.yaml-recursive", "f:1:11"),
        ("[" * 100_000, "spec.too-deep", f"f:1:{MAX_DEPTH + 1}"),
        ("- " * 100_000, "spec.too-deep", f"f:1:{2 * MAX_DEPTH + 1}"),
        ("{a: " * 100_000, "spec.too-deep", f"f:1:{4 * MAX_DEPTH + 1}"),
        (b"x" * (MAX_FILE_BYTES + 1), "spec.too-large", "f"),
        ("a: 1\nb: 2\na: 3\n", "spec.yaml-duplicate-key", "f:3:1"),
        ("a: {1: x, 1: y}", "spec.yaml-duplicate-key", "f:1:11"),
        ("a: 1\nb: caf\xe9".encode("latin1"), "spec.encoding", "f:2:7"),
        ("a:\n\tb: 1\n", "spec.yaml", "f:2:1"),
        ("a: [1,\nb: 2", "spec.yaml", "f:3:1"),
        ("a: 'x\n\nb", "spec.yaml", "f:3:2"),
        ("a: \x07", "spec.yaml", "f:1:4"),
        ("a: 2020-13-45", "spec.yaml", "f:1:4"),
        ("a: " + "9" * 5000, "spec.yaml", "f:1:4"),
        ("? [1]\n: 2", "spec.yaml", "f:1:3"),
        ("a: *b", "spec.yaml", "f:1:4"),
        ("a: &x 1\nb: &x 2", "spec.yaml", "f:2:4"),
        ("a: !!python/object/apply:os.system [ls]", "spec.yaml", "f:1:4"),
        ("a: 1\n---\nb: 2", "spec.yaml", "f:2:1"),
    ],
)
def test_bad_files_are_refused_quickly_with_their_place(data, code, where):
    start = time.process_time()
    with pytest.raises(SpecError) as caught:
        parse(data, "f")
    assert time.process_time() - start < 0.5
    assert (caught.value.code, caught.value.where) == (code, where)
    assert caught.value.next_step


def test_tabs_get_their_own_remedy():
    with pytest.raises(SpecError) as caught:
        parse("a:\n\tb: 1\n", "f")
    assert "tabs" in caught.value.next_step


def test_many_overridden_keys_are_read_in_linear_time():
    pairs = "".join(f"k{i}: {i}, " for i in range(20_000))
    start = time.process_time()
    value = parse(f"a: &a {{{pairs}}}\nb: {{<<: *a, {pairs}}}", "f").value
    assert value["a"] == value["b"]
    assert time.process_time() - start < 5
