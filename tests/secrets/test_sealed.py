"""Sealed values: what comes out is what went in, and anything else is refused."""

from __future__ import annotations

import base64
import hashlib
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.errors import SecretError
from nectar.secrets import sealed
from nectar.secrets.sealed import (
    FOR_RECIPIENT,
    PREFIX,
    WITH_KEY,
    WITH_PASSPHRASE,
    SealingKey,
    new_identity,
    new_key,
    open_sealed,
    passphrase,
    seal_value,
    sealing_key,
)
from nectar.secrets.secret import Secret

GOLDEN = tomllib.loads((Path(__file__).parent / "golden/sealed-v1.toml").read_text())
PATH = "database.password"

IDENTITY, RECIPIENT = GOLDEN["by_recipient"]["key"], GOLDEN["by_recipient"]["recipient"]
PAIRS = {
    WITH_KEY: (sealing_key(Secret(GOLDEN["by_key"]["key"]), "test"),) * 2,
    WITH_PASSPHRASE: (passphrase(Secret("a b c")), passphrase(Secret("a b c"))),
    FOR_RECIPIENT: (sealing_key(Secret(RECIPIENT), "test"), sealing_key(Secret(IDENTITY), "test")),
}
"""The key that seals and the key that opens, of each kind."""

KINDS = st.sampled_from(sorted(PAIRS))
VALUES = st.text(st.characters(codec="utf-8"), max_size=60).map(Secret)
PLACES = st.from_regex(r"(databases\.)?[a-z0-9 _.-]{1,20}\.password", fullmatch=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of passphrases are stretched here; the golden value and the commands' tests use the real cost."""
    monkeypatch.setattr(sealed, "LOG_N", 10)


def bytes_of(text: str) -> bytes:
    part = text.removeprefix(PREFIX)
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def text_of(raw: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def refused(text: str, place: str, key: SealingKey) -> str:
    with pytest.raises(SecretError) as caught:
        open_sealed(text, place, key)
    return caught.value.code


@settings(deadline=None)
@given(kind=KINDS, value=VALUES, place=PLACES)
def test_what_was_sealed_opens(kind: int, value: Secret, place: str) -> None:
    to_seal, to_open = PAIRS[kind]
    text = seal_value(value, place, to_seal)
    assert open_sealed(text, place, to_open) == value
    assert value.reveal().encode() not in bytes_of(text) or len(value.reveal()) < 3
    assert seal_value(value, place, to_seal) != text


@settings(deadline=None, max_examples=300)
@given(kind=KINDS, value=VALUES, data=st.data())
def test_any_changed_byte_is_refused(kind: int, value: Secret, data: st.DataObject) -> None:
    to_seal, to_open = PAIRS[kind]
    raw = bytearray(bytes_of(seal_value(value, PATH, to_seal)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    assert refused(text_of(bytes(raw)), PATH, to_open) in ("NEC-X010", "NEC-X011", "NEC-X012")


@pytest.mark.parametrize("kind", sorted(PAIRS))
def test_every_flipped_bit_is_refused(kind: int) -> None:
    to_seal, to_open = PAIRS[kind]
    raw = bytes_of(seal_value(Secret("Xy9"), PATH, to_seal))
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        refused(text_of(bytes(changed)), PATH, to_open)


@settings(deadline=None)
@given(kind=KINDS, value=VALUES, data=st.data())
def test_what_is_cut_or_longer_is_refused(kind: int, value: Secret, data: st.DataObject) -> None:
    to_seal, to_open = PAIRS[kind]
    text = seal_value(value, PATH, to_seal)
    cut = data.draw(st.integers(0, len(text) - 1))
    refused(text[:cut], PATH, to_open)
    refused(text_of(bytes_of(text) + data.draw(st.binary(min_size=1, max_size=5))), PATH, to_open)


@settings(deadline=None)
@given(kind=KINDS, here=PLACES, there=PLACES)
def test_it_opens_nowhere_else(kind: int, here: str, there: str) -> None:
    to_seal, to_open = PAIRS[kind]
    if here != there:
        assert refused(seal_value(Secret("v"), here, to_seal), there, to_open) == "NEC-X011"


@settings(deadline=None)
@given(kind=KINDS, value=VALUES)
def test_no_other_key_opens_it(kind: int, value: Secret) -> None:
    text = seal_value(value, PATH, PAIRS[kind][0])
    others = [sealing_key(Secret(new_key()), ""), sealing_key(Secret(new_identity()[0]), ""), passphrase(Secret("a b d"))]
    codes = {other.how: refused(text, PATH, other) for other in others}
    wanted = dict.fromkeys(PAIRS, "NEC-X012")
    assert codes == wanted | ({WITH_PASSPHRASE: "NEC-X011"} if kind == WITH_PASSPHRASE else {})


@pytest.mark.parametrize("kind", [WITH_KEY, FOR_RECIPIENT])
def test_which_key_sealed_it_and_which_is_here_is_said(kind: int) -> None:
    """By the first bytes of what each of them seals."""
    other = sealing_key(Secret(new_key() if kind == WITH_KEY else new_identity()[0]), "")
    theirs, ours = (seal_value(Secret("v"), PATH, key) for key in (PAIRS[kind][0], other))
    with pytest.raises(SecretError) as caught:
        open_sealed(theirs, PATH, other)
    for text in (theirs, ours):
        assert bytes_of(text)[1:5].hex() in str(caught.value)


def test_a_recipient_does_not_open() -> None:
    text = seal_value(Secret("v"), PATH, PAIRS[FOR_RECIPIENT][0])
    assert refused(text, PATH, PAIRS[FOR_RECIPIENT][0]) == "NEC-X012"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("nectar:v1:", "nectar:v2:"),
        lambda text: text.replace("nectar:v1:", "nectar:V1:"),
        lambda text: text.removeprefix("nectar:v1:"),
        lambda text: text + "=",
        lambda text: text[:-1] + " " + text[-1],
        lambda text: "nectar:v1:",
        lambda text: "",
        lambda text: text_of(b"\x00" + bytes_of(text)[1:]),
        lambda text: text_of(b"\x04" + bytes_of(text)[1:]),
    ],
)
@pytest.mark.parametrize("kind", sorted(PAIRS))
def test_another_version_or_form_is_no_sealed_value(kind: int, change: Any) -> None:
    to_seal, to_open = PAIRS[kind]
    assert refused(change(seal_value(Secret("v"), PATH, to_seal)), PATH, to_open) == "NEC-X010"


def test_text_that_is_spelled_in_two_ways_opens_in_one() -> None:
    """The last letter's unused bits must be none, else one value had several texts."""
    key = PAIRS[WITH_KEY][0]
    text = next(text for text in (seal_value(Secret("v" * n), PATH, key) for n in range(3)) if len(bytes_of(text)) % 3)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = text[:-1] + letters[letters.index(text[-1]) | 1]
    assert bytes_of(other) == bytes_of(text)
    assert refused(other, PATH, key) == "NEC-X010"


@pytest.mark.parametrize(
    ("log_n", "r", "p"), [(9, 8, 1), (40, 8, 1), (255, 8, 1), (19, 8, 1), (16, 255, 1), (16, 0, 1), (16, 8, 0), (16, 8, 5)]
)
def test_a_text_cannot_ask_for_hours_or_for_all_memory(log_n: int, r: int, p: int) -> None:
    key = PAIRS[WITH_PASSPHRASE][0]
    raw = bytearray(bytes_of(seal_value(Secret("v"), PATH, key)))
    raw[9:12] = bytes((log_n, r, p))
    began = time.monotonic()
    assert refused(text_of(bytes(raw)), PATH, key) == "NEC-X010"
    assert time.monotonic() - began < 300


@pytest.mark.parametrize("name", ["by_key", "by_recipient", "by_passphrase"])
def test_what_was_sealed_long_ago_still_opens(name: str) -> None:
    told = GOLDEN[name]
    key = sealing_key(Secret(told["key"]), "golden") if "key" in told else passphrase(Secret(told["passphrase"]))
    assert open_sealed(told["sealed"], told["for"], key).reveal() == GOLDEN["value"]


def test_the_golden_recipient_belongs_to_its_key() -> None:
    told = GOLDEN["by_recipient"]
    assert sealing_key(Secret(told["key"]), "").public == sealing_key(Secret(told["recipient"]), "").public


# The format once more, from its description alone.


def by_hand(cipher: bytes, told: dict[str, str], head: int) -> str:
    raw = bytes_of(told["sealed"])
    bound = b"nectar:v1:" + told["for"].encode() + b"\0" + raw[:head]
    return ChaCha20Poly1305(cipher).decrypt(raw[head : head + 12], raw[head + 12 :], bound).decode()


def key_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.removeprefix("nectar-key-").removeprefix("nectar-identity-") + "=")


def test_a_key_opens_by_hand() -> None:
    told = GOLDEN["by_key"]
    key = key_bytes(told["key"])
    raw = bytes_of(told["sealed"])
    assert raw[0] == 1
    assert raw[1:9] == hashlib.sha256(b"nectar key" + key).digest()[:8]
    assert by_hand(key, told, 9) == GOLDEN["value"]


def test_a_passphrase_opens_by_hand() -> None:
    """With the standard library's scrypt, which is not the one that sealed."""
    told = GOLDEN["by_passphrase"]
    raw = bytes_of(told["sealed"])
    assert tuple(raw[9:12]) == (16, 8, 1)
    key = hashlib.scrypt(told["passphrase"].encode(), salt=raw[12:28], n=1 << 16, r=8, p=1, maxmem=1 << 27, dklen=32)
    assert by_hand(key, told, 28) == GOLDEN["value"]


def test_a_recipients_key_opens_by_hand() -> None:
    told = GOLDEN["by_recipient"]
    raw, private = bytes_of(told["sealed"]), key_bytes(told["key"])
    ours = X25519PrivateKey.from_private_bytes(private)
    shared = ours.exchange(X25519PublicKey.from_public_bytes(raw[9:41]))
    key = HKDF(SHA256(), 32, salt=raw[9:41] + ours.public_key().public_bytes_raw(), info=b"nectar:v1").derive(shared)
    assert by_hand(key, told, 41) == GOLDEN["value"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n# nothing\n",
        "hunter2",
        IDENTITY[:-1],
        IDENTITY + "A",
        IDENTITY.replace("identity", "key") + "\n" + IDENTITY,
        "nectar-recipient-" + "A" * 43,
        "nectar-recipient-AQ" + "A" * 41,
        "NECTAR-KEY-" + "A" * 43,
        "nectar-key-" + "é" * 43,
    ],
    ids=range(10),
)
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(SecretError) as caught:
        sealing_key(Secret(text), "here")
    assert caught.value.code == "NEC-X014"
    assert caught.value.where == "here"
    assert not text.strip() or text not in str(caught.value)


def test_a_key_may_have_a_remark() -> None:
    assert sealing_key(Secret(f"# mine\n\n  {IDENTITY}\r\n"), "") == PAIRS[FOR_RECIPIENT][1]
