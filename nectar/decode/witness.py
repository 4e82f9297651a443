"""Witness sets and auxiliary data: scripts, datums, redeemers, metadata, each with its original bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nectar.cardano.block import Metadatum
from nectar.cardano.script import Datum, Purpose, Redeemer, Script, ScriptKind
from nectar.decode.cbor import Reader, head
from nectar.decode.output import datum, script

_PLUTUS = {3: ScriptKind.PLUTUS_V1, 6: ScriptKind.PLUTUS_V2, 7: ScriptKind.PLUTUS_V3}
_INTERESTING = frozenset((1, 3, 4, 5, 6, 7))
_ALONZO_AUXILIARY_TAG = 259


class Witnesses(NamedTuple):
    scripts: list[Script]
    datums: list[Datum]
    redeemers: list[Redeemer]


_NONE = Witnesses([], [], [])


def _redeemer(purpose: int, index: int, data: bytes, units: Any) -> Redeemer:
    mem, steps = units
    return Redeemer(Purpose(purpose), index, datum(data), mem, steps)


def _redeemer_array(reader: Reader) -> list[Redeemer]:
    """CDDL `redeemers = [* [tag, index, data, ex_units]]`."""
    found: list[Redeemer] = []
    length = reader.open(4)
    while reader.more(length, len(found)):
        inner = reader.open(4)
        purpose, index = reader.item(), reader.item()
        data = reader.span()
        found.append(_redeemer(purpose, index, data, reader.item()))
        if inner < 0 and reader.more(inner, 4):
            raise ValueError("a redeemer has four parts")
    return found


def _redeemer_map(reader: Reader) -> list[Redeemer]:
    """CDDL `redeemers = {+ [tag, index] => [data, ex_units]}` (Conway)."""
    found: dict[tuple[int, int], Redeemer] = {}
    length, seen = reader.open(5), 0
    while reader.more(length, seen):
        seen += 1
        purpose, index = reader.item()
        inner = reader.open(4)
        data = reader.span()
        found[purpose, index] = _redeemer(purpose, index, data, reader.item())
        if inner < 0 and reader.more(inner, 2):
            raise ValueError("a redeemer has two parts")
    return list(found.values())


def witnesses(raw: bytes, decoded: Mapping[int, Any], start: int) -> Witnesses:
    """The scripts, datums and redeemers of the witness set that starts at `start` and was `decoded` already.

    Key witnesses are left alone; most transactions have nothing else, and then nothing is read again.
    """
    if _INTERESTING.isdisjoint(decoded):
        return _NONE
    found = Witnesses([], [], [])
    reader = Reader(raw, start)
    length, seen = reader.open(5), 0
    while reader.more(length, seen):
        seen += 1
        key = reader.item()
        if key == 5:
            array = head(raw, reader.at)[0] == 4
            found.redeemers.extend(_redeemer_array(reader) if array else _redeemer_map(reader))
        elif key == 4:
            found.datums.extend(map(datum, reader.spans()))
        elif key == 1:
            found.scripts.extend(script(ScriptKind.NATIVE, one) for one in reader.spans())
        elif key in _PLUTUS:
            found.scripts.extend(script(_PLUTUS[key], one) for one in reader.item())
        else:
            reader.item()
    return found


def auxiliary(raw: bytes, start: int) -> tuple[list[Metadatum], list[Script]]:
    """CDDL `auxiliary_data`: a metadata map (Shelley), `[metadata, scripts]` (Allegra), a map under tag 259 (Alonzo)."""
    reader = Reader(raw, start)
    major, tag, _ = head(raw, start)
    if major == 5:
        return _metadata(reader), []
    if major == 4:
        length = reader.open(4)
        metadata = _metadata(reader)
        scripts = [script(ScriptKind.NATIVE, one) for one in reader.spans()]
        if length < 0 and reader.more(length, 2):
            raise ValueError("auxiliary data of this form have two parts")
        return metadata, scripts
    if major != 6 or tag != _ALONZO_AUXILIARY_TAG:
        raise ValueError(f"auxiliary data start with major type {major}")
    return _tagged(reader)


def _tagged(reader: Reader) -> tuple[list[Metadatum], list[Script]]:
    metadata: list[Metadatum] = []
    scripts: list[Script] = []
    length, seen = reader.open(5), 0
    while reader.more(length, seen):
        seen += 1
        key = reader.item()
        if key == 0:
            metadata = _metadata(reader)
        elif key == 1:
            scripts.extend(script(ScriptKind.NATIVE, one) for one in reader.spans())
        elif key in (2, 3, 4):
            scripts.extend(script(ScriptKind(key - 1), one) for one in reader.item())
        else:
            raise ValueError(f"auxiliary data have keys 0 to 4, not {key}")
    return metadata, scripts


def _metadata(reader: Reader) -> list[Metadatum]:
    """Labels in the order of the bytes; of a label that stands twice the last one counts, as in the ledger's map."""
    raw = reader.raw
    return list({key: Metadatum(key, raw[start:end]) for key, start, end in reader.pairs()}.values())
