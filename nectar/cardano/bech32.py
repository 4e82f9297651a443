"""Bech32 (BIP-173) without its limit of 90 characters, as Cardano uses it (CIP-5, CIP-19)."""

from __future__ import annotations

from functools import lru_cache

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_MASK20 = (1 << 20) - 1


def _step(state: int, value: int) -> int:
    """One five-bit value into the 30-bit checksum."""
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
