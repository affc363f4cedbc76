"""What forms send: read as browsers send it, bounded, and refused in any other way."""

from __future__ import annotations

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import RecastError
from recast.service.pages.posted.sent import MOST_FIELDS, MOST_FILES, Sent, SentFile, read_sent

LINE = "application/x-www-form-urlencoded"
PART = "multipart/form-data; boundary=x"


def part(name: str, content: str, *, head: str = "", end: str = "--x--\r\n") -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{head}\r\n\r\n{content}\r\n{end}'.encode()


def test_fields_come_with_all_their_texts_in_order() -> None:
    sent = read_sent(f"{LINE}; charset=utf-8", b"a=1&b=%C3%A9+x&a=2&c=&d=one%0D%0Atwo%0Dthree")
    assert sent.fields == {"a": ("1", "2"), "b": ("é x",), "c": ("",), "d": ("one\ntwo\nthree",)}
    assert sent.text("a") == "2" and sent.texts("a") == ("1", "2") and sent.text("none") == ""
    assert read_sent(LINE, b"") == Sent()


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), st.text()), max_size=5
    ),
    st.lists(st.binary(max_size=50), max_size=3),
)
def test_what_a_client_sends_is_read_either_way(pairs: list[tuple[str, str]], files: list[bytes]) -> None:
    """The client is the judge: it wraps forms by code of its own."""
    texts = [(name, text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")) for name, text in pairs]
    data = {name: [it for other, it in texts if other == name] for name, _ in texts}
    request = httpx2.Request("POST", "http://x/", data=data)
    expected = {name: tuple(values) for name, values in data.items()}
    kind = request.headers.get("content-type", LINE)
    assert read_sent(kind, request.read()).fields == expected
    chosen = [(f"f{number}", ('a"b.slha', content)) for number, content in enumerate(files)]
    if chosen:
        request = httpx2.Request("POST", "http://x/", data=data, files=chosen)
        sent = read_sent(request.headers["content-type"], request.read())
        assert sent.fields == expected
        assert sent.files == {name: (SentFile('a"b.slha', content),) for name, (_, content) in chosen}


def test_a_field_for_a_file_in_which_nothing_was_chosen_is_none() -> None:
    head = '; filename=""\r\nContent-Type: application/octet-stream'
    assert read_sent(PART, part("file", "", head=head)) == Sent()


def test_the_digest_is_of_what_was_said_and_not_of_how() -> None:
    by_line, by_part = read_sent(LINE, b"a=1"), read_sent(PART, part("a", "1"))
    assert by_line.digest == by_part.digest != read_sent(LINE, b"a=2").digest
    file = read_sent(PART, part("a", "1", head='; filename="f"'))
    assert file.digest not in (by_line.digest, read_sent(PART, part("a", "2", head='; filename="f"')).digest)


@pytest.mark.parametrize(
    "kind", ["", "application/json", "text/plain", "multipart/mixed; boundary=x", "multipart/form-data/x"]
)
def test_another_kind_of_body_is_said_to_be_another(kind: str) -> None:
    with pytest.raises(RecastError) as refused:
        read_sent(kind, b"a=1")
    assert refused.value.code == "service.media-type"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (LINE, "é=1".encode()),
        (LINE, b"a=%ff"),
        (LINE, b"a=%ed%a0%80"),
        (LINE, b"a=%00"),
        (LINE, b"a%00=1"),
        (LINE, b"a" * 201 + b"=1"),
        (LINE, b"&".join([b"a=1"] * (MOST_FIELDS + 1))),
        ("multipart/form-data", part("a", "1")),
        ("multipart/form-data; boundary=", part("a", "1")),
        (f"multipart/form-data; boundary={'x' * 71}", part("a", "1")),
        (PART, b""),
        (PART, b"garbage" + part("a", "1")),
        (PART, part("a", "1", end="")),
        (PART, part("a", "1", end="--x")),
        (PART, part("a", "1") + b"more"),
        (PART, part("a", "\0")),
        (PART, part("a\0", "1")),
        (PART, part("a", "1", head="; other=1")),
        (PART, part("a", "1", head="\r\nContent-Transfer-Encoding: base64")),
        (PART, part("a", "1", head="\r\nX: " + "y" * 2000)),
        (PART, b"--x\r\n\r\n\r\n1\r\n--x--\r\n"),
        (PART, b"--x\r\nContent-Disposition: attachment\r\n\r\n1\r\n--x--\r\n"),
        (PART, b'--x\r\nContent-Disposition: form-data; name="a"\r\n--x--\r\n'),
        (PART, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n'),
        (PART, b"".join([part("a", "1", end="")] * (MOST_FIELDS + MOST_FILES + 1)) + b"--x--\r\n"),
        (PART, b"".join([part("a", "1", end="", head='; filename="f"')] * (MOST_FILES + 1)) + b"--x--\r\n"),
    ],
)  # fmt: skip
def test_what_no_browser_sends_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(RecastError) as refused:
        read_sent(kind, body)
    assert refused.value.code == "service.unreadable"
