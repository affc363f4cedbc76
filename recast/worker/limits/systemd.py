"""Talk to a systemd manager over the socket that `systemctl` and `systemd-run` use: a call goes out, answers come back.

D-Bus without a library: what is written here is little-endian, and so is what is understood.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Union

__all__ = ["Refused", "is_delegated", "start_scope", "stop_unit"]

_BOUND_S = 20.0
_MOST_BYTES = 1 << 20
_CALLS, _RETURN, _ERROR, _SIGNAL = 1, 2, 3, 4
_PATH, _INTERFACE, _MEMBER, _DESTINATION, _SIGNATURE = 1, 2, 3, 6, 8
_SYSTEMD = "org.freedesktop.systemd1"
_MANAGER = "/org/freedesktop/systemd1"
_UNLIMITED = (1 << 64) - 1

Value = Union[str, bool, int, list[int]]


class Refused(Exception):
    """The manager did not do what was asked; the text says why."""


class _Message(NamedTuple):
    kind: int
    fields: dict[int, str]
    body: bytes


def start_scope(address: str, name: str, pid: int, slice_name: str, tasks_max: int | None) -> None:
    """Let the manager that listens at `address` put process `pid` into a new, delegated scope unit `name`.

    It belongs to `slice_name` (empty: the manager's choice), and has at most `tasks_max` processes (None: any number).
    Returns when the process is in. Raises Refused, or OSError if nobody answers.
    """
    properties: list[tuple[str, str, Value]] = [
        ("Description", "s", "RECAST: jobs and their limits"),
        ("PIDs", "au", [pid]),
        ("Delegate", "b", True),
        ("CollectMode", "s", "inactive-or-failed"),
        ("TasksMax", "t", _UNLIMITED if tasks_max is None else tasks_max),
    ]
    if slice_name:
        properties.append(("Slice", "s", slice_name))
    with _connected(address) as connection:
        connection.sendall(_start_transient_unit(name, properties))
        _await(connection, name)


def stop_unit(address: str, name: str) -> None:
    """Ask the manager at `address` to stop a unit, and return when it will. Raises Refused, or OSError."""
    body = _Writer()
    body.text(name)
    body.text("replace")
    with _connected(address) as connection:
        connection.sendall(_call(_MANAGER, f"{_SYSTEMD}.Manager", "StopUnit", "ss", body))
        _answer(connection)


def is_delegated(address: str, unit: str) -> bool:
    """Return whether the manager at `address` has delegated the control group of a unit; False if nobody answers."""
    body = _Writer()
    body.text(f"{_SYSTEMD}.{unit.rpartition('.')[2].capitalize()}")
    body.text("Delegate")
    path = "/org/freedesktop/systemd1/unit/" + "".join(
        letter if letter.isascii() and letter.isalnum() else "".join(f"_{byte:02x}" for byte in letter.encode())
        for letter in unit
    )
    try:
        with _connected(address) as connection:
            connection.sendall(_call(path, "org.freedesktop.DBus.Properties", "Get", "ss", body))
            answer = _answer(connection)
    except (Refused, OSError):
        return False
    # A variant: its signature, "b", and after that the boolean.
    return answer.body[:3] == b"\1b\0" and answer.body[4:5] == b"\1"


@contextmanager
def _connected(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_BOUND_S)
        connection.connect(address)
        _introduce(connection)
        yield connection


def _introduce(connection: socket.socket) -> None:
    """Say who we are; the kernel vouches for it."""
    connection.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
    line = b""
    while not line.endswith(b"\r\n"):
        byte = connection.recv(1)
        if not byte or len(line) > _MOST_BYTES:
            raise Refused("it hung up")
        line += byte
    if not line.startswith(b"OK"):
        raise Refused(line.decode(errors="replace").strip())
    connection.sendall(b"BEGIN\r\n")


def _answer(connection: socket.socket) -> _Message:
    """Return what a call returned; raise Refused with the manager's reason if it failed."""
    answer = next(each for each in _messages(connection) if each.kind in (_RETURN, _ERROR))
    if answer.kind == _ERROR:
        raise _refused(answer)
    return answer


def _refused(message: _Message) -> Refused:
    return Refused(_Reader(message.body).text() if message.body else "it gave no reason")


def _await(connection: socket.socket, name: str) -> None:
    """Wait until the start of unit `name` has been accepted and done; both may come in any order."""
    accepted, result = False, ""
    for message in _messages(connection):
        if message.kind == _ERROR:
            raise _refused(message)
        if message.kind == _RETURN:
            accepted = True
        elif message.kind == _SIGNAL and message.fields.get(_MEMBER) == "JobRemoved":
            reader = _Reader(message.body)
            reader.number()
            reader.text()
            if reader.text() == name:
                result = reader.text()
        if accepted and result:
            break
    if result != "done":
        raise Refused(f"the job of starting it ended as {result!r}")


def _messages(connection: socket.socket) -> Iterator[_Message]:
    give_up_at = time.monotonic() + _BOUND_S
    while True:
        head = _read(connection, 16, give_up_at)
        order = "<" if head[:1] == b"l" else ">"
        body_bytes, fields_bytes = struct.unpack(order + "4xI4xI", head)
        rest_bytes = fields_bytes + -fields_bytes % 8
        if body_bytes + rest_bytes > _MOST_BYTES or order == ">":
            raise Refused("it speaks in a way that we do not understand")
        fields = _fields(_read(connection, rest_bytes, give_up_at)[:fields_bytes])
        yield _Message(head[1], fields, _read(connection, body_bytes, give_up_at))


def _read(connection: socket.socket, count: int, give_up_at: float) -> bytes:
    data = b""
    while len(data) < count:
        connection.settimeout(max(0.001, give_up_at - time.monotonic()))
        piece = connection.recv(count - len(data))
        if not piece:
            raise Refused("it hung up")
        data += piece
    return data


def _fields(data: bytes) -> dict[int, str]:
    """Return the header fields that are text."""
    reader, found = _Reader(data), {}
    while reader.at < len(data):
        reader.align(8)
        code = data[reader.at]
        reader.at += 1
        kind = reader.signature()
        if kind == "g":
            reader.signature()
        elif kind in ("s", "o"):
            found[code] = reader.text()
        else:
            reader.number()
    return found


class _Reader:
    """Takes values from a message, little-endian as we wrote ours."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def align(self, size: int) -> None:
        self.at += -self.at % size

    def number(self) -> int:
        self.align(4)
        (value,) = struct.unpack_from("<I", self._data, self.at)
        self.at += 4
        return int(value)

    def text(self) -> str:
        size = self.number()
        value = self._data[self.at : self.at + size].decode(errors="replace")
        self.at += size + 1
        return value

    def signature(self) -> str:
        size = self._data[self.at]
        value = self._data[self.at + 1 : self.at + 1 + size].decode()
        self.at += size + 2
        return value


def _start_transient_unit(name: str, properties: list[tuple[str, str, Value]]) -> bytes:
    body = _Writer()
    body.text(name)
    body.text("fail")
    listed = _Writer()
    for key, kind, value in properties:
        listed.align(8)
        listed.text(key)
        listed.variant(kind, value)
    body.array(8, listed)
    body.array(8, _Writer())
    return _call(_MANAGER, _SYSTEMD + ".Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))", body)


def _call(path: str, interface: str, member: str, signature: str, body: _Writer) -> bytes:
    """Return the message that calls a method of the manager."""
    head = _Writer()
    fields = (
        (_PATH, "o", path),
        (_INTERFACE, "s", interface),
        (_MEMBER, "s", member),
        (_DESTINATION, "s", _SYSTEMD),
        (_SIGNATURE, "g", signature),
    )
    for code, kind, value in fields:
        head.align(8)
        head.data += bytes([code])
        head.variant(kind, value)
    start = struct.pack("<cBBBIII", b"l", _CALLS, 0, 1, len(body.data), 1, len(head.data))
    return start + bytes(head.data) + bytes(-len(head.data) % 8) + bytes(body.data)


class _Writer:
    """Puts values into a message, each at a multiple of its own size."""

    def __init__(self) -> None:
        self.data = bytearray()

    def align(self, size: int) -> None:
        self.data += bytes(-len(self.data) % size)

    def number(self, value: int) -> None:
        self.align(4)
        self.data += struct.pack("<I", value)

    def text(self, value: str) -> None:
        data = value.encode()
        self.number(len(data))
        self.data += data + b"\0"

    def signature(self, value: str) -> None:
        self.data += bytes([len(value)]) + value.encode() + b"\0"

    def array(self, size: int, items: _Writer) -> None:
        """Add an array whose items, written at multiples of `size`, are in `items`."""
        self.number(len(items.data))
        self.align(size)
        self.data += items.data

    def variant(self, kind: str, value: Value) -> None:
        self.signature(kind)
        if kind in ("s", "o"):
            self.text(str(value))
        elif kind == "g":
            self.signature(str(value))
        elif kind == "au":
            assert isinstance(value, list)
            self.number(4 * len(value))
            for item in value:
                self.number(item)
        elif kind == "t":
            self.align(8)
            self.data += struct.pack("<Q", value)
        else:
            self.number(int(bool(value)))
