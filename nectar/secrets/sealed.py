"""Sealed values: a secret in a profile that only a key opens, and only at the place in the profile that it was sealed for.

    nectar:v1:<base64url, no padding> of
    1 byte   how: 1 key, 2 passphrase, 3 recipient
    8 bytes  which key: the first of SHA-256 of "nectar key" and the key (1), the salt (2), the recipient's public key (3)
    then     1: nothing; 2: log2 N (1 byte), r (1), p (1), salt (16); 3: ephemeral X25519 public key (32)
    12 bytes nonce, then ChaCha20-Poly1305's ciphertext and tag
    as associated data: "nectar:v1:" key path, 0, all bytes before the nonce

The cipher's key: the key itself (1); scrypt(passphrase, salt, N, r, p) (2); HKDF-SHA256 of the X25519 shared secret, salt: both
public keys, info "nectar:v1" (3).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from nectar.secrets import faults
from nectar.secrets.secret import Secret

PREFIX = "nectar:v1:"
WITH_KEY, WITH_PASSPHRASE, FOR_RECIPIENT = 1, 2, 3
KEY, RECIPIENT, IDENTITY = "nectar-key-", "nectar-recipient-", "nectar-identity-"
"""The prefixes of keys: one that seals and opens, one that only seals, and the one that opens what that sealed."""
LOG_N, R, P = 16, 8, 1  # 64 MB and about 0.2 s
LEAST_LOG_N, MOST_P = 10, 4
MOST_BYTES = 1 << 28  # of memory (128 N r) that a sealed text may make us use; it also bounds the work to some seconds
_ID, _SALT, _PUBLIC, _NONCE, _TAG = 8, 16, 32, 12, 16

Random = Callable[[int], bytes]


class SealingKey(NamedTuple):
    """`how` is one of WITH_KEY, WITH_PASSPHRASE, FOR_RECIPIENT. A recipient only seals: its `secret` is None."""

    how: int
    secret: Secret | None
    public: bytes = b""


def new_key(random: Random = os.urandom) -> str:
    return KEY + _text(random(32))


def new_identity(random: Random = os.urandom) -> tuple[str, str]:
    """A pair of keys: the identity, which opens and stays secret; the recipient, which only seals and may be public."""
    private = random(32)
    return IDENTITY + _text(private), RECIPIENT + _text(_public(private))


def sealing_key(text: Secret, where: str) -> SealingKey:
    """Read a key: one line, beside empty ones and comments that begin with #. Errors: SecretError NEC-X014."""
    key = _read(text)
    if isinstance(key, str):
        raise faults.bad_key(where, key)
    return key


def passphrase(text: Secret) -> SealingKey:
    return SealingKey(WITH_PASSPHRASE, text)


def seal_value(value: Secret, key_path: str, key: SealingKey, random: Random = os.urandom) -> str:
    """Seal a value for one place in a profile. `key_path`: that place, as in ``database.password``."""
    if key.how == WITH_KEY:
        cipher, head = ChaCha20Poly1305(_bytes(key)), bytes([WITH_KEY]) + _id(_bytes(key))
    elif key.how == WITH_PASSPHRASE:
        salt = random(_SALT)
        cipher = ChaCha20Poly1305(_stretched(key, salt, LOG_N, R, P))
        head = bytes([WITH_PASSPHRASE]) + _id(salt) + bytes([LOG_N, R, P]) + salt
    else:
        ephemeral = random(32)
        cipher = ChaCha20Poly1305(_agreed(ephemeral, key.public, _public(ephemeral), key.public))
        head = bytes([FOR_RECIPIENT]) + _id(key.public) + _public(ephemeral)
    nonce = random(_NONCE)
    sealed = cipher.encrypt(nonce, value.reveal().encode(), _bound_to(key_path, head))
    return PREFIX + _text(head + nonce + sealed)


def open_sealed(text: str, key_path: str, key: SealingKey) -> Secret:
    """Open a sealed value.

    Errors: SecretError NEC-X010 (it is none), NEC-X011 (changed, or of another place), NEC-X012 (another key).
    """
    raw = _raw(text[len(PREFIX) :]) if text.startswith(PREFIX) else None
    if raw is None or not raw:
        raise faults.not_sealed(key_path, f"it does not read {PREFIX} and base64")
    how, rest = raw[0], {WITH_KEY: 0, WITH_PASSPHRASE: 3 + _SALT, FOR_RECIPIENT: _PUBLIC}.get(raw[0])
    if rest is None or len(raw) < 1 + _ID + rest + _NONCE + _TAG:
        raise faults.not_sealed(key_path, "it is cut short, or of a kind that this version does not know")
    head, tail = raw[: 1 + _ID + rest], raw[1 + _ID + rest :]
    key_id = head[1 : 1 + _ID]
    if key.secret is None:
        raise faults.seals_only(f"the recipient {key_name(key)}")
    if how != key.how or (how != WITH_PASSPHRASE and key_id != _id(key.public or _bytes(key))):
        raise faults.other_key(key_path, _named(how, key_id), key_name(key))
    try:
        cipher = ChaCha20Poly1305(_cipher(how, head[1 + _ID :], key, key_path))
        return Secret(cipher.decrypt(tail[:_NONCE], tail[_NONCE:], _bound_to(key_path, head)).decode())
    except (InvalidTag, UnicodeDecodeError):
        raise faults.changed(key_path, by_passphrase=how == WITH_PASSPHRASE) from None


def key_name(key: SealingKey) -> str:
    """The key's name for people: its id, or that it is a passphrase."""
    if key.how == WITH_PASSPHRASE:
        return "a passphrase"
    return _named(key.how, _id(key.public or _bytes(key)))


def _read(text: Secret) -> SealingKey | str:
    """The key, or what is wrong with it."""
    lines = [line for line in map(str.strip, text.reveal().splitlines()) if line and not line.startswith("#")]
    if len(lines) != 1:
        return "it has more than one line" if lines else "it is empty"
    for prefix, how in ((KEY, WITH_KEY), (IDENTITY, FOR_RECIPIENT), (RECIPIENT, FOR_RECIPIENT)):
        if lines[0].startswith(prefix):
            raw = _raw(lines[0][len(prefix) :])
            if raw is None or len(raw) != 32:
                return "it is cut short, or has other letters than it should"
            if prefix == RECIPIENT:
                return SealingKey(how, None, raw) if _is_point(raw) else "nothing can be sealed for this recipient"
            return SealingKey(how, Secret(_text(raw)), _public(raw) if prefix == IDENTITY else b"")
    return f"it begins neither with {KEY} nor with {IDENTITY} nor with {RECIPIENT}"


def _cipher(how: int, more: bytes, key: SealingKey, key_path: str) -> bytes:
    if how == WITH_KEY:
        return _bytes(key)
    if how == FOR_RECIPIENT:
        return _agreed(_bytes(key), more, more, key.public)
    log_n, r, p = more[:3]
    # scrypt itself (RFC 7914) wants N < 2^(16 r)
    if not (LEAST_LOG_N <= log_n < 32 and log_n < 16 * r and 128 * r << log_n <= MOST_BYTES and 1 <= p <= MOST_P):
        raise faults.not_sealed(key_path, "it asks for more work than it may")
    try:
        return _stretched(key, more[3:], log_n, r, p)
    except MemoryError:
        raise faults.not_sealed(key_path, "there is not the memory that it asks for") from None


def _stretched(key: SealingKey, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    assert key.secret is not None
    return Scrypt(salt=salt, length=32, n=1 << log_n, r=r, p=p).derive(key.secret.reveal().encode())


def _agreed(ours: bytes, theirs: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    try:
        shared = X25519PrivateKey.from_private_bytes(ours).exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError:
        raise InvalidTag from None  # a point of low order, which no honest sealing uses
    return HKDF(SHA256(), 32, salt=ephemeral + recipient, info=b"nectar:v1").derive(shared)


def _is_point(public: bytes) -> bool:
    """Whether the point is safe: with one of the few points of low order everybody would share the same secret."""
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return False
    return True


def _public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _bound_to(key_path: str, head: bytes) -> bytes:
    return PREFIX.encode() + key_path.encode() + b"\0" + head


def _id(raw: bytes) -> bytes:
    return hashlib.sha256(b"nectar key" + raw).digest()[:_ID]


def _named(how: int, key_id: bytes) -> str:
    return "a passphrase" if how == WITH_PASSPHRASE else key_id.hex()


def _bytes(key: SealingKey) -> bytes:
    raw = _raw(key.secret.reveal()) if key.secret is not None else None
    return raw if raw is not None else b""


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes | None:
    """Decode base64, and accept only the text that `_text` writes for these bytes."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return raw if _text(raw) == text else None
