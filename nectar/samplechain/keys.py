"""Who owns what: keys, scripts, credentials, addresses. Hashes and layouts are the ledger's (CIP-19, byron.cddl)."""

from __future__ import annotations

import zlib
from hashlib import blake2b, sha3_256
from typing import NamedTuple

from nectar.samplechain import cborwrite as cbor

NETWORK_ID = 0
NATIVE, PLUTUS_V1, PLUTUS_V2, PLUTUS_V3 = 0, 1, 2, 3
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def hash28(b: bytes) -> bytes:
    return blake2b(b, digest_size=28).digest()


def hash32(b: bytes) -> bytes:
    return blake2b(b, digest_size=32).digest()


class VerificationKey(NamedTuple):
    """An Ed25519 verification key (32 bytes) and its hash (28 bytes)."""

    vkey: bytes
    hash: bytes


def verification_key(vkey: bytes) -> VerificationKey:
    return VerificationKey(vkey, hash28(vkey))


class SampleScript(NamedTuple):
    """`language` 0 native, 1..3 Plutus; `body`: a native script's CBOR item, or a Plutus script's bytes."""

    language: int
    body: bytes
    hash: bytes
    signers: tuple[VerificationKey, ...] = ()
    timed: bool = False

    @property
    def item(self) -> bytes:
        """As it stands in a witness set."""
        return self.body if self.language == NATIVE else cbor.bstr(self.body)

    @property
    def tagged(self) -> bytes:
        """`script` of the CDDL: `[language, body]`."""
        return cbor.array([cbor.uint(self.language), self.item])


def hashed_script(language: int, body: bytes, signers: tuple[VerificationKey, ...] = (), timed: bool = False) -> SampleScript:
    return SampleScript(language, body, hash28(bytes((language,)) + body), signers, timed)


class ByronKey(NamedTuple):
    """An extended key (vkey and chain code, 64 bytes) with the attributes of its address.

    For a redeem (AVVM) key `xpub` is the 32-byte key alone.
    """

    xpub: bytes
    attributes: bytes
    kind: int = 0


Holder = VerificationKey | SampleScript | ByronKey


class HeldCredential(NamedTuple):
    """`credential` of the CDDL; hashes by kind and hash alone."""

    script: bool
    hash: bytes
    holder: VerificationKey | SampleScript

    @property
    def item(self) -> bytes:
        return b"\x82" + (b"\x01" if self.script else b"\x00") + b"\x58\x1c" + self.hash


def credential_of(holder: VerificationKey | SampleScript) -> HeldCredential:
    return HeldCredential(isinstance(holder, SampleScript), holder.hash, holder)


def reward_account(credential: HeldCredential) -> bytes:
    """29 bytes: header (1110 key, 1111 script) and credential."""
    return bytes((0xE0 | credential.script << 4 | NETWORK_ID,)) + credential.hash


class OwnedAddress(NamedTuple):
    raw: bytes
    owner: Holder


def base_address(payment: HeldCredential, stake: HeldCredential) -> OwnedAddress:
    header = payment.script << 4 | stake.script << 5 | NETWORK_ID
    return OwnedAddress(bytes((header,)) + payment.hash + stake.hash, payment.holder)


def enterprise_address(payment: HeldCredential) -> OwnedAddress:
    return OwnedAddress(bytes((0x60 | payment.script << 4 | NETWORK_ID,)) + payment.hash, payment.holder)


def pointer_address(payment: HeldCredential, pointer: tuple[int, int, int]) -> OwnedAddress:
    """`pointer`: slot, transaction index, certificate index of a stake registration."""
    header = bytes((0x40 | payment.script << 4 | NETWORK_ID,))
    return OwnedAddress(header + payment.hash + b"".join(_varnat(n) for n in pointer), payment.holder)


def _varnat(n: int) -> bytes:
    out = [n & 0x7F]
    n >>= 7
    while n:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(reversed(out))


def byron_key_hash(xpub: bytes) -> bytes:
    """A Byron stakeholder id: blake2b-224 of SHA3-256 of the key's CBOR."""
    return hash28(sha3_256(cbor.bstr(xpub)).digest())


def byron_address(key: ByronKey) -> OwnedAddress:
    """`[#6.24([root, attributes, kind]), crc32]`; the root hashes kind, spending data and attributes."""
    kind = cbor.uint(key.kind)
    spending = cbor.array([kind, cbor.bstr(key.xpub)])
    root = hash28(sha3_256(cbor.array([kind, spending, key.attributes])).digest())
    payload = cbor.array([cbor.bstr(root), key.attributes, kind])
    return OwnedAddress(cbor.array([cbor.embedded(payload), cbor.uint(zlib.crc32(payload))]), key)


def base58(raw: bytes) -> str:
    n, digits = int.from_bytes(raw, "big"), ""
    while n:
        n, digit = divmod(n, 58)
        digits = BASE58[digit] + digits
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + digits
