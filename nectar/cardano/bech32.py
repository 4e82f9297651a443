"""Bech32 (BIP-173) without its limit of 90 characters, as Cardano uses it (CIP-5, CIP-19)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_MASK20 = (1 << 20) - 1


def _step(state: int, value: int) -> int:
    """The 30-bit checksum after one more five-bit value."""
    top = state >> 25
    state = (state & 0x1FFFFFF) << 5 ^ value
    for bit, generator in enumerate(_GENERATOR):
        if top >> bit & 1:
            state ^= generator
    return state


# Ten bits at a time: what shifting out the top ten bits of the checksum adds to the rest.
_TEN = [_step(_step(top << 20, 0), 0) for top in range(1024)]


@lru_cache(maxsize=64)
def _prefix_state(prefix: str) -> int:
    state = 1
    for character in prefix:
        state = _step(state, ord(character) >> 5)
    state = _step(state, 0)
    for character in prefix:
        state = _step(state, ord(character) & 31)
    return state


def encode(prefix: str, data: bytes) -> str:
    """`prefix`, `1`, the data in five-bit characters, six characters of checksum."""
    state = _prefix_state(prefix)
    groups = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << groups * 5 - len(data) * 8
    odd = groups & 1
    text = []
    if odd:
        value = number >> (groups - 1) * 5
        state = _step(state, value)
        text.append(_ALPHABET[value])
        number &= (1 << (groups - 1) * 5) - 1
    ten, pairs = _TEN, _PAIRS
    for shift in range((groups - odd) * 5 - 10, -1, -10):
        value = number >> shift & 1023
        state = ten[state >> 20] ^ (state & _MASK20) << 10 ^ value
        text.append(pairs[value])
    for _ in range(3):
        state = ten[state >> 20] ^ (state & _MASK20) << 10
    state ^= 1
    return f"{prefix}1{''.join(text)}{pairs[state >> 20]}{pairs[state >> 10 & 1023]}{pairs[state & 1023]}"


_GROUPS = bytes(range(32))
_TO_TEXT = bytes.maketrans(_GROUPS, _ALPHABET.encode())
_FEW = 16


def encode_many(prefix: str, datas: Sequence[bytes]) -> list[str]:
    """`encode` of many byte strings of one length, several times as quick for each.

    Every character of the text is a linear function of the bytes over GF(2): of two of them, or (the checksum) of all. So
    column after column of bytes is put through tables (`bytes.translate`) and the results are added up (xor of long
    integers), a thousand addresses at a time.
    """
    if len(datas) < _FEW:
        return [encode(prefix, data) for data in datas]
    length, count = len(datas[0]), len(datas)
    groups = -(-length * 8 // 5)
    width = groups + 6
    joined = b"".join(datas)
    columns = [joined[at::length] for at in range(length)]
    text = bytearray(width * count)
    for at in range(groups):
        byte, bit = divmod(at * 5, 8)
        column = columns[byte].translate(_HIGH[bit])
        if bit > 3 and byte + 1 < length:
            column = _xor(column, columns[byte + 1].translate(_LOW[bit]))
        text[at::width] = column.translate(_TO_TEXT)
    checksum = 0
    for column, tables in zip(columns, _checksum_tables(length), strict=True):
        checksum ^= int.from_bytes(b"".join([column.translate(table) for table in tables]), "big")
    constant = _checksum_groups(_checksum(_prefix_state(prefix), bytes(groups)))
    checksum ^= int.from_bytes(b"".join(bytes((value,)) * count for value in constant), "big")
    characters = checksum.to_bytes(6 * count, "big").translate(_TO_TEXT)
    for at in range(6):
        text[groups + at :: width] = characters[at * count : (at + 1) * count]
    whole = text.decode("ascii")
    return [f"{prefix}1{whole[at : at + width]}" for at in range(0, width * count, width)]


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


# A group that begins at a byte's bit 0 to 7: what the byte gives it, and what the byte after gives it.
_HIGH = [bytes((byte << bit & 0xFF) >> 3 for byte in range(256)) for bit in range(8)]
_LOW = [bytes(byte >> (11 - bit) if bit > 3 else 0 for byte in range(256)) for bit in range(8)]


def _checksum(state: int, values: bytes) -> int:
    for value in values:
        state = _step(state, value)
    for _ in range(6):
        state = _step(state, 0)
    return state ^ 1


def _checksum_groups(state: int) -> list[int]:
    return [state >> shift & 31 for shift in (25, 20, 15, 10, 5, 0)]


@lru_cache(maxsize=16)
def _checksum_tables(length: int) -> list[list[bytes]]:
    """For each byte of `length`, six tables: what each of its values adds to each checksum character."""
    groups = -(-length * 8 // 5)
    adds: list[list[int]] = [[]] * groups  # of each group, what its five bits (16, 8, 4, 2, 1) add to the checksum
    states = [16, 8, 4, 2, 1]
    for _ in range(6):
        states = [_step(state, 0) for state in states]
    for group in reversed(range(groups)):
        adds[group] = states
        states = [_step(state, 0) for state in states]
    tables = []
    for at in range(length):
        places = [at * 8 + bit for bit in range(7, -1, -1)]
        bits = [adds[place // 5][place % 5] for place in places]
        added = [0] * 256
        for byte in range(1, 256):
            low = byte & -byte
            added[byte] = added[byte ^ low] ^ bits[low.bit_length() - 1]
        tables.append([bytes([state >> shift & 31 for state in added]) for shift in (25, 20, 15, 10, 5, 0)])
    return tables


def decode(text: str) -> tuple[str, bytes]:
    """Prefix and data. Raises ValueError that says what is wrong: mixed case, a strange character, the checksum, the padding."""
    if text.lower() != text and text.upper() != text:
        raise ValueError("bech32 text mixes upper and lower case")
    text = text.lower()
    prefix, separator, body = text.rpartition("1")
    if not separator or not prefix or len(body) < 6:
        raise ValueError("bech32 text is a prefix, the character 1, and at least six more")
    state = _prefix_state(prefix)
    number = 0
    for at, character in enumerate(body):
        value = _VALUES.get(character)
        if value is None:
            raise ValueError(f"{character!r} at character {len(prefix) + 2 + at} is not in the bech32 alphabet")
        state = _step(state, value)
        number = number << 5 | value
    if state != 1:
        raise ValueError("the checksum is wrong: a character was mistyped or lost")
    number >>= 30
    bits = (len(body) - 6) * 5
    spare = bits % 8
    if spare > 4 or number & ((1 << spare) - 1):
        raise ValueError("the data do not end at a whole byte")
    return prefix, (number >> spare).to_bytes(bits // 8, "big")
