"""Witness sets and auxiliary data: scripts, datums, redeemers, metadata, each with its original bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nectar.cardano.block import Metadatum
from nectar.cardano.point import Era
from nectar.cardano.script import Datum, Purpose, Redeemer, Script, ScriptKind
from nectar.decode.cbor import Reader
from nectar.decode.checked import UNSIGNED, listed, number, octets
from nectar.decode.head import head
from nectar.decode.output import datum, script
from nectar.decode.repeats import refuse_repeats

_PLUTUS = {3: ScriptKind.PLUTUS_V1, 6: ScriptKind.PLUTUS_V2, 7: ScriptKind.PLUTUS_V3}
PLUTUS = frozenset(_PLUTUS)
_INTERESTING = frozenset((1, 3, 4, 5, 6, 7))
_ALONZO_AUXILIARY_TAG = 259
_PURPOSES = tuple(Purpose)


class Witnesses(NamedTuple):
    scripts: list[Script]
    datums: list[Datum]
    redeemers: list[Redeemer]


_NONE = Witnesses([], [], [])


def _redeemer(purpose: int, index: int, data: bytes, units: Any) -> Redeemer:
    mem, steps = units
    return Redeemer(_PURPOSES[number(purpose)], number(index), datum(data), number(mem), number(steps))


def _redeemer_array(reader: Reader) -> list[Redeemer]:
    """CDDL `redeemers = [* [tag, index, data, ex_units]]`, as written. The last of two for the same purpose and index counts."""
    redeemers: list[Redeemer] = []
    length = reader.open(4)
    while reader.more(length, len(redeemers)):
        inner = reader.open(4)
        purpose, index = reader.item(), reader.item()
        data = reader.span()
        redeemers.append(_redeemer(purpose, index, data, reader.item()))
        reader.end(inner, 4)
    return redeemers


def _redeemer_map(reader: Reader) -> list[Redeemer]:
    """CDDL `redeemers = {+ [tag, index] => [data, ex_units]}` (Conway)."""
    redeemers: dict[tuple[int, int], Redeemer] = {}
    length, seen = reader.open(5), 0
    while reader.more(length, seen):
        seen += 1
        purpose, index = reader.item()
        inner = reader.open(4)
        data = reader.span()
        redeemers[purpose, index] = _redeemer(purpose, index, data, reader.item())
        reader.end(inner, 2)
    return list(redeemers.values())


def _plutus(kind: ScriptKind, written: Any, era: Era) -> list[Script]:
    scripts = [script(kind, octets(raw)) for raw in listed(written)]
    refuse_repeats("witness_set.plutus_scripts", [script.hash for script in scripts], era)
    return scripts


def refuse_repeated_scripts(decoded: Mapping[int, Any], era: Era) -> None:
    """Refuses equal scripts in a witness set that is not read further. Equal bytes have one hash. Errors: Repeated."""
    for key in _PLUTUS:
        if key in decoded:
            refuse_repeats("witness_set.plutus_scripts", [raw for raw in listed(decoded[key]) if type(raw) is bytes], era)


def witnesses(raw: bytes, decoded: Mapping[int, Any], start: int, era: Era) -> Witnesses:
    """The scripts, datums and redeemers of the witness set that starts at `start` and was `decoded` already.

    Key witnesses are not read. Most transactions have nothing else, and then nothing is read twice.
    """
    if _INTERESTING.isdisjoint(decoded):
        return _NONE
    decoded_parts = Witnesses([], [], [])
    reader = Reader(raw, start)
    length, seen = reader.open(5), 0
    while reader.more(length, seen):
        seen += 1
        key = reader.item()
        if key == 5:
            array = head(raw, reader.at)[0] == 4
            decoded_parts.redeemers.extend(_redeemer_array(reader) if array else _redeemer_map(reader))
        elif key == 4:
            decoded_parts.datums.extend(map(datum, reader.spans()))
        elif key == 1:
            decoded_parts.scripts.extend(script(ScriptKind.NATIVE, span) for span in reader.spans())
        elif key in _PLUTUS:
            decoded_parts.scripts.extend(_plutus(_PLUTUS[key], reader.item(), era))
        else:
            reader.item()
    return decoded_parts


def auxiliary(raw: bytes, start: int, era: Era) -> tuple[list[Metadatum], list[Script]]:
    """CDDL `auxiliary_data`: a metadata map (Shelley), `[metadata, scripts]` (Allegra), a map under tag 259 (Alonzo)."""
    reader = Reader(raw, start)
    major, tag, _ = head(raw, start)
    if major == 5:
        return _metadata(reader, era), []
    if major == 4:
        length = reader.open(4)
        metadata = _metadata(reader, era)
        scripts = [script(ScriptKind.NATIVE, span) for span in reader.spans()]
        reader.end(length, 2)
        return metadata, scripts
    if major != 6 or tag != _ALONZO_AUXILIARY_TAG:
        raise ValueError(f"auxiliary data start with major type {major}")
    return _tagged(reader, era)


def _tagged(reader: Reader, era: Era) -> tuple[list[Metadatum], list[Script]]:
    metadata: list[Metadatum] = []
    scripts: list[Script] = []
    keys: list[int] = []
    length = reader.open(5)
    while reader.more(length, len(keys)):
        key = reader.item()
        keys.append(key)
        if key == 0:
            metadata = _metadata(reader, era)
        elif key == 1:
            scripts.extend(script(ScriptKind.NATIVE, span) for span in reader.spans())
        elif key in (2, 3, 4):
            scripts.extend(script(ScriptKind(key - 1), octets(item)) for item in listed(reader.item()))
        else:
            raise ValueError("auxiliary data have keys 0 to 4")
    refuse_repeats("auxiliary_data", keys, era)
    return metadata, scripts


def _metadata(reader: Reader, era: Era) -> list[Metadatum]:
    """The labels, in the order of the bytes."""
    raw, pairs = reader.raw, reader.pairs()
    refuse_repeats("auxiliary_data.metadata", [label for label, _, _ in pairs], era)
    return list({label: Metadatum(number(label, UNSIGNED), raw[start:end]) for label, start, end in pairs}.values())
