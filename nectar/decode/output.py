"""Transaction outputs: CDDL `transaction_output`, the legacy array and the map form since Babbage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from nectar.cardano.block import Asset, TxOut
from nectar.cardano.script import Datum, Script, ScriptKind
from nectar.decode.cbor import CBORTag, Reader
from nectar.decode.checked import SIGNED, UNSIGNED, number, octets, sized, sized_or_none

_NO_ASSETS: Sequence[Asset] = ()


def assets(bundle: Mapping[bytes, Mapping[bytes, int]], least: int, most: int) -> list[Asset]:
    """CDDL `multiasset` as a flat list, in the order of the bytes; quantities from `least` to `most`."""
    flat: list[Asset] = []
    add = flat.append
    for policy, names in bundle.items():
        if type(policy) is not bytes or len(policy) != 28:
            sized(policy, 28)
        for name, quantity in names.items():
            if type(quantity) is int and least <= quantity <= most and type(name) is bytes and len(name) <= 32:
                add((policy, name, quantity))
            else:
                number(quantity, most, least)
                raise ValueError("an asset's name is at most 32 bytes")
    return flat


def script(kind: ScriptKind, raw: bytes) -> Script:
    """A script with its hash: blake2b-224 of the kind's byte and the script's bytes (ledger: `hashScript`)."""
    return Script(kind, blake2b(bytes((kind,)) + raw, digest_size=28).digest(), raw)


def datum(raw: bytes) -> Datum:
    """A datum with its hash: blake2b-256 of its original bytes."""
    return Datum(blake2b(raw, digest_size=32).digest(), raw)


def reference_script(raw: bytes) -> Script:
    """CDDL `script`, from the bytes inside `script_ref = #6.24(bytes .cbor script)`."""
    reader = Reader(raw)
    length = reader.open(4)
    kind = ScriptKind(reader.item())
    whole = reader.span() if kind is ScriptKind.NATIVE else octets(reader.item())
    reader.close(length, 2)
    return script(kind, whole)


def _wrapped(item: Any) -> bytes:
    """CDDL `#6.24(bytes)`: CBOR within bytes."""
    if not isinstance(item, CBORTag) or item.tag != 24:
        raise ValueError("CBOR within bytes, under tag 24, was expected")
    return octets(item.value)


def _options(option: Sequence[Any], want_scripts: bool) -> tuple[bytes | None, Datum | None]:
    """CDDL `datum_option = [0, hash32 // 1, #6.24(bytes .cbor plutus_data)]`."""
    kind, value = option
    if kind == 0:
        return sized(value, 32), None
    if kind != 1:
        raise ValueError(f"a datum option's kind is 0 or 1, not {kind}")
    inline = datum(_wrapped(value))
    return inline.hash, inline if want_scripts else None


def output(index: int, item: Any, want_assets: bool, want_scripts: bool) -> TxOut:
    """One output. Assets, inline datum and reference script only when wanted; an inline datum's hash always."""
    datum_hash: bytes | None = None
    inline: Datum | None = None
    reference: Script | None = None
    if isinstance(item, dict):
        address, value = item[0], item[1]
        if len(item) > 2:
            option = item.get(2)
            if option is not None:
                datum_hash, inline = _options(option, want_scripts)
            wrapped = item.get(3)
            if wrapped is not None and want_scripts:
                reference = reference_script(_wrapped(wrapped))
    else:
        address, value = item[0], item[1]
        if len(item) > 2:
            datum_hash = sized_or_none(item[2], 32)
    bundle = _NO_ASSETS
    if not isinstance(value, int):
        value, multi = value
        if want_assets:
            bundle = assets(multi, 0, UNSIGNED)
    if type(address) is not bytes or type(value) is not int or not 0 <= value <= SIGNED:
        octets(address)
        number(value)
    return TxOut(index, address, value, bundle, datum_hash, inline, reference)


def coin(item: Any) -> int:
    """An output's lovelace."""
    value = item[1]
    lovelace: int = value if isinstance(value, int) else value[0]
    return lovelace
