"""The MySQL protocol's packets as values: framing, the greeting, the short answers, a text result. No sockets here."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from enum import IntEnum, IntFlag
from typing import NamedTuple

HEADER = 4
PIECE = 0xFFFFFF  # a message of so many bytes or more is split, and ends with a shorter piece


class Capability(IntFlag):
    LONG_PASSWORD = 1  # MariaDB clears it to say that it has capabilities of its own
    COMPRESS = 1 << 5
    LOCAL_FILES = 1 << 7
    PROTOCOL_41 = 1 << 9
    SSL = 1 << 11
    MULTI_STATEMENTS = 1 << 16
    DEPRECATE_EOF = 1 << 24  # PyMySQL does not ask for it; other clients do
    ZSTD = 1 << 26
    QUERY_ATTRIBUTES = 1 << 27


class Command(IntEnum):
    QUIT = 0x01
    INIT_DB = 0x02
    QUERY = 0x03
    STATISTICS = 0x09
    PROCESS_KILL = 0x0C
    PING = 0x0E
    CHANGE_USER = 0x11
    STMT_PREPARE = 0x16
    SET_OPTION = 0x1B
    RESET_CONNECTION = 0x1F


class Status(IntFlag):
    IN_TRANSACTION = 1
    AUTOCOMMIT = 2
    MORE_RESULTS = 8


OK, MORE_AUTH, LOCAL_INFILE, EOF, ERR = 0x00, 0x01, 0xFB, 0xFE, 0xFF
AUTH_SWITCH = 0xFE
FAST_AUTH_DONE = b"\x01\x03"
HIDDEN = Capability.SSL | Capability.COMPRESS | Capability.ZSTD | Capability.QUERY_ATTRIBUTES
STATES = {1040: "08004", 1045: "28000", 1062: "23000", 1064: "42000", 1193: "HY000", 1213: "40001", 1049: "42000", 1146: "42S02"}


class Header(NamedTuple):
    length: int
    sequence: int


class Greeting(NamedTuple):
    """Handshake version 10. `rest` is what the second part of the salt and the plugin's name take, as the server sent it."""

    version: str
    thread: int
    salt: bytes
    capabilities: int
    charset: int
    status: int
    salt_length: int
    reserved: bytes
    rest: bytes


class Ok(NamedTuple):
    affected: int
    insert_id: int
    status: int
    warnings: int


class Err(NamedTuple):
    code: int
    state: str
    text: str


def header(data: bytes) -> Header:
    return Header(int.from_bytes(data[:3], "little"), data[3])


def frame(payload: bytes, sequence: int) -> bytes:
    """The message with its headers, in as many pieces as it needs."""
    if len(payload) < PIECE:
        return len(payload).to_bytes(3, "little") + bytes((sequence & 0xFF,)) + payload
    pieces = [payload[at : at + PIECE] for at in range(0, len(payload) + 1, PIECE)]
    return b"".join(len(one).to_bytes(3, "little") + bytes(((sequence + at) & 0xFF,)) + one for at, one in enumerate(pieces))


def pieces_of(payload: bytes) -> int:
    """How many sequence numbers the message takes."""
    return len(payload) // PIECE + 1


def parse_greeting(payload: bytes) -> Greeting:
    """Errors: ValueError when it is no handshake of version 10."""
    end = payload.find(b"\0", 1)
    if payload[:1] != b"\x0a" or end < 0 or len(payload) < end + 32:
        raise ValueError("not a handshake of version 10")
    version = payload[1:end].decode("latin1")
    thread, salt, low, charset, status, high, salt_length, reserved = struct.unpack_from("<I8sxHBHHB10s", payload, end + 1)
    rest = payload[end + 1 + struct.calcsize("<I8sxHBHHB10s") :]
    return Greeting(version, thread, salt, low | high << 16, charset, status, salt_length, reserved, rest)


def build_greeting(greeting: Greeting) -> bytes:
    fixed = struct.pack(
        "<I8sxHBHHB10s",
        greeting.thread,
        greeting.salt,
        greeting.capabilities & 0xFFFF,
        greeting.charset,
        greeting.status,
        greeting.capabilities >> 16,
        greeting.salt_length,
        greeting.reserved,
    )
    return b"\x0a" + greeting.version.encode("latin1") + b"\0" + fixed + greeting.rest


def plain(greeting: Greeting) -> Greeting:
    """Without TLS, compression and MariaDB's own additions: what stays in the open and reads as MySQL's protocol."""
    capabilities = (greeting.capabilities & ~HIDDEN) | Capability.LONG_PASSWORD
    return greeting._replace(capabilities=capabilities, reserved=bytes(10))


def client_capabilities(response: bytes) -> int:
    return int.from_bytes(response[:4], "little")


def ok_packet(
    affected: int = 0, insert_id: int = 0, status: int = Status.AUTOCOMMIT, warnings: int = 0, first: int = OK
) -> bytes:
    return bytes((first,)) + lenenc(affected) + lenenc(insert_id) + struct.pack("<HH", status, warnings)


def parse_ok(payload: bytes) -> Ok:
    affected, at = read_lenenc(payload, 1)
    insert_id, at = read_lenenc(payload, at)
    return Ok(affected, insert_id, *struct.unpack_from("<HH", payload, at))


def err_packet(code: int, text: str, state: str | None = None) -> bytes:
    return b"\xff" + struct.pack("<H", code) + b"#" + (state or STATES.get(code, "HY000")).encode() + text.encode()


def parse_err(payload: bytes) -> Err:
    (code,) = struct.unpack_from("<H", payload, 1)
    marked = payload[3:4] == b"#"
    text = payload[9:] if marked else payload[3:]
    return Err(code, payload[4:9].decode() if marked else "HY000", text.decode("utf-8", "replace"))


def eof_packet(status: int = Status.AUTOCOMMIT, warnings: int = 0) -> bytes:
    return bytes((EOF,)) + struct.pack("<HH", warnings, status)


def lenenc(number: int) -> bytes:
    if number < 0xFB:
        return bytes((number,))
    for mark, size in ((0xFC, 2), (0xFD, 3), (0xFE, 8)):
        if number < 1 << 8 * size:
            return bytes((mark,)) + number.to_bytes(size, "little")
    raise ValueError(number)


def read_lenenc(data: bytes, at: int) -> tuple[int, int]:
    """The number and where it ends."""
    first = data[at]
    if first < 0xFB:
        return first, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size


def text(value: str | None) -> bytes:
    """A field of a text row, or of a column's definition; None is NULL."""
    if value is None:
        return b"\xfb"
    data = value.encode()
    return lenenc(len(data)) + data


def text_result(columns: Sequence[str], rows: Iterable[Sequence[str | None]], deprecate_eof: bool, status: int) -> list[bytes]:
    """The messages of a result of strings."""
    made = [lenenc(len(columns))]
    for name in columns:
        fixed = struct.pack("<BHIBHBxx", 0x0C, 45, 1024, 0xFD, 0, 31)  # utf8mb4, VAR_STRING
        made.append(text("def") + text("") * 3 + text(name) * 2 + fixed)
    made += [] if deprecate_eof else [eof_packet(status)]
    made += [b"".join(map(text, row)) for row in rows]
    return [*made, ok_packet(status=status, first=EOF) if deprecate_eof else eof_packet(status)]
