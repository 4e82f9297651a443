"""Base58 (Bitcoin's alphabet) and the checksum of Byron addresses."""

from __future__ import annotations

from zlib import crc32

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
LONGEST = 16_384
_PAIR = 58**2
_FIVE = 58**5


def encode(data: bytes) -> str:
    """The base58 text; leading zero bytes become leading `1`s. Python divides quickest by a number below 2^30: five digits at a
    time."""
    number = int.from_bytes(data, "big")
    fives: list[str] = []
    while number:
        number, five = divmod(number, _FIVE)
        four, last = divmod(five, 58)
        high, low = divmod(four, _PAIR)
        fives.append(_PAIRS[high] + _PAIRS[low] + _ALPHABET[last])
    fives.reverse()
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + "".join(fives).lstrip("1")


def decode(text: str) -> bytes:
    """The bytes of a base58 text. Errors: ValueError for a character outside of the alphabet, and for a text of more than LONGEST
    characters, because the work grows with the square of the length."""
    if len(text) > LONGEST:
        raise ValueError(f"{len(text):,} characters are more than any address has")
    number = 0
    for at, character in enumerate(text):
        value = _VALUES.get(character)
        if value is None:
            raise ValueError(f"{character!r} at character {at + 1} is not in the base58 alphabet")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def byron_payload(raw: bytes) -> bytes:
    """The payload of `[#6.24(bytes), crc32]`; its checksum is verified. Errors: ValueError."""
    if raw[:3] != b"\x82\xd8\x18" or len(raw) < 6:
        raise ValueError("a Byron address is CBOR [#6.24(bytes), checksum]")
    payload, at = _bytes_at(raw, 3)
    checksum, end = _unsigned_at(raw, at)
    if end != len(raw):
        raise ValueError(f"{len(raw) - end} bytes stand after the Byron address")
    if crc32(payload) != checksum:
        raise ValueError("the Byron address's checksum is wrong")
    return payload


def _argument(raw: bytes, at: int, major: int) -> tuple[int, int]:
    initial = raw[at] if at < len(raw) else -1
    short = initial & 31
    if initial >> 5 != major or short > 27:
        raise ValueError("a Byron address is CBOR [#6.24(bytes), checksum]")
    if short < 24:
        return short, at + 1
    end = at + 1 + (1 << short - 24)
    return int.from_bytes(raw[at + 1 : end], "big"), end


def _bytes_at(raw: bytes, at: int) -> tuple[bytes, int]:
    length, start = _argument(raw, at, 2)
    return raw[start : start + length], start + length


def _unsigned_at(raw: bytes, at: int) -> tuple[int, int]:
    return _argument(raw, at, 0)


def byron_is_of(byron: bytes, magic: int | None) -> bool:
    """Whether a Byron address carries this network magic (mainnet's carry none); true when its attributes cannot be read.

    The payload is [28-byte root, attributes, type] (Byron CDDL `addressid, addrattr, addrtype`); attribute 2 is the magic,
    wrapped as bytes.
    """
    payload = byron_payload(byron)
    if payload[:3] != b"\x83\x58\x1c" or len(payload) < 32 or payload[31] >> 5 != 5:
        return True
    at = 32
    for _ in range(payload[31] & 31):
        key, head = payload[at : at + 1], payload[at + 1 : at + 2]
        if not head or head[0] >> 5 != 2 or head[0] & 31 > 24:
            return True
        start = at + (2 if head[0] & 31 < 24 else 3)
        length = head[0] & 31 if head[0] & 31 < 24 else payload[at + 2] if at + 2 < len(payload) else 0
        at = start + length
        if key == b"\x02":
            return magic is not None and payload[start:at] == _cbor_uint(magic)
    return magic is None


def _cbor_uint(value: int) -> bytes:
    """Canonical CBOR of a magic."""
    return bytes((value,)) if value < 24 else b"\x1a" + value.to_bytes(4, "big")
