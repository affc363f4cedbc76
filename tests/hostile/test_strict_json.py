"""JSON of strangers: what comes out of the reader can be walked, compared and written again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.strictjson import MOST_DEPTH, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(VALUES)
def test_it_reads_what_json_can_say(value: object) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"NaN", "NaN is not a number"),
        (b'{"a": [-Infinity]}', "-Infinity is not a number"),
        (b"1e999", "1e999 is not a number"),
        (b"9" * 5000, "5000 characters"),
        (b"1" + b"0" * 310, "calculated with"),
        (b'{"a": -1e999}', "-1e999 is not a number"),
        (rb'"\ud800"', "surrogates"),
        (rb'{"\uDC00": 1}', "surrogates"),
        (b'"\xed\xa0\x80"', "can't decode"),
        ('"\ud800"', "surrogates"),
        ('{"a": 1}'.encode("utf-16"), "can't decode"),
        (b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1), "nested"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested"),
        (b"", "Expecting value"),
        (b"{'a': 1}", "property name"),
    ],
    ids=range(15),
)
def test_what_would_hurt_later_is_refused(text: bytes | str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_json(text)


def test_what_only_looks_so_is_read() -> None:
    assert parse_json(rb'"\ud83d\ude00"') == "😀"
    assert parse_json(b"\xef\xbb\xbf[]") == []
    deep = b"[" * MOST_DEPTH + b"]" * MOST_DEPTH
    assert json.dumps(parse_json(deep)).encode() == deep
    assert len(parse_json(b"[" + b",".join([b"[]"] * 1000) + b"]")) == 1000
