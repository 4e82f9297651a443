"""Decodes literals to the values that fields are compared with, and checks their checksums and networks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches

from nectar.cardano import base58, bech32
from nectar.cardano.address import as_read, describe, network_of, parse_text
from nectar.filterlang import codes
from nectar.filterlang.kinds import DREP_NAMES, ERA_NAMES, LENGTHS, NUMBERS, T
from nectar.filterlang.scopes import Field
from nectar.filterlang.syntax import Literal

ADA = 1_000_000
_BYRON = 8
_HEX = re.compile(r"0x([0-9a-fA-F]{2})*")
_PREFIXES = {
    T.POOL: ("pool",),
    T.ASSET: ("asset",),
    T.DREP: ("drep", "drep_script", "drep_vkh"),
    T.POLICY: ("script",),
    T.BYTES: ("script", "addr_vkh", "stake_vkh", "addr_shared_vkh"),
}
_WRITE = {
    T.LOVELACE: "write an amount: 5 ada, or 5_000_000 lovelace",
    T.TEXT: 'write a text in quotes: "abc"',
    T.BYTES: "write bytes: 0x00ff",
    T.POLICY: "write the policy's 56 hex digits after 0x, or script1..",
    T.POOL: "write pool1.., or its 56 hex digits after 0x",
    T.ADDRESS: 'write the whole address: addr1.., or a Byron one; for beginnings use like "addr1*"',
    T.STAKE_ADDRESS: "write the whole stake address: stake1..",
    T.DREP: "write drep1.., drep_always_abstain or drep_always_no_confidence",
    T.ASSET: "write asset1..",
    T.TIME: "write a date: 2021-09-12, or a moment: 2021-09-12T21:44:51Z",
    T.ERA: f"write an era: {', '.join(ERA_NAMES)}",
    T.EPOCH: "write an epoch: 365, or epoch 365",
    T.SLOT: "write a slot's number",
    T.INT: "write a whole number",
    T.RATIO: "write a number: 0.05",
    T.BOOL: "a yes or no needs no comparison: write it alone, or with not before it",
    T.JSON: 'compare a value in it: json.name == "abc"',
}


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """The network that literals are checked against. `magic`: None where Byron's addresses do not hold it (mainnet). `custom`: a
    network whose Byron addresses are not checked, because they may hold it or not. `known`: false when nothing is known."""

    name: str
    network_id: int
    magic: int | None
    custom: bool = False
    known: bool = True


class BadLiteral(ValueError):
    """A literal does not fit the field that it is compared with. `code`: the complaint's."""

    def __init__(self, code: str, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.code, self.what, self.hint = code, what, hint


def value_of(literal: Literal, field: Field, network: NetworkFacts) -> int | float | str | bytes:
    """The literal's value in the form that `field` has. Errors: BadLiteral."""
    field_type, kind = field.type, literal.kind
    if field_type in NUMBERS:
        if kind == "integer" or (field_type is T.EPOCH and kind == "epoch"):
            return _integer(literal.text)
    elif field_type is T.LOVELACE:
        if kind == "amount":
            return _lovelace(literal.text)
        if kind == "integer" and _integer(literal.text) == 0:
            return 0
    elif field_type is T.RATIO:
        if kind in ("integer", "number"):
            return float(literal.text.replace("_", ""))
    elif field_type is T.TIME:
        if kind == "date":
            return _moment(literal.text)
    elif field_type is T.TEXT:
        if kind == "text":
            return _text(literal.text, field)
    elif field_type not in (T.ERA, T.BOOL, T.JSON, T.SET) and kind in ("hex", "identifier", "text"):
        return _bytes(literal, field, network)
    raise BadLiteral(codes.TYPES, f"{field.name} is {field_type.value} and {_shown(literal)} is not", _WRITE.get(field_type, ""))


def named_value(name: str, field: Field) -> int | bytes | None:
    """The value of a bare word compared with `field`: an era, or one of the two constant DReps. None for other words."""
    if field.type is T.ERA and name in ERA_NAMES:
        return ERA_NAMES.index(name) + 1
    return DREP_NAMES.get(name) if field.type is T.DREP else None


def expected_form(field: Field) -> str:
    """What to write where `field` is compared."""
    return f"it is one of {', '.join(field.choices)}" if field.choices else _WRITE.get(field.type, "")


def _shown(literal: Literal) -> str:
    text = literal.text if len(literal.text) <= 40 else literal.text[:37] + "..."
    return f'"{text}"' if literal.kind == "text" else text


def _integer(text: str) -> int:
    digits = text.split()[-1].replace("_", "")
    if len(digits) > 40:
        raise BadLiteral(codes.BAD_LITERAL, "this number is far too long")
    return int(digits)


def _lovelace(text: str) -> int:
    number, unit = text.split()
    if len(number) > 40:
        raise BadLiteral(codes.BAD_LITERAL, "this number is far too long")
    amount = Decimal(number.replace("_", "")) * (ADA if unit == "ada" else 1)
    if amount != int(amount):
        raise BadLiteral(codes.BAD_LITERAL, f"{text} is not a whole number of lovelace", "1 ada is 1_000_000 lovelace")
    return int(amount)


def _moment(text: str) -> str:
    """As `block.time` has it."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise BadLiteral(codes.BAD_LITERAL, f"{text} is not a date: {error}") from error
    return moment.replace(tzinfo=UTC).strftime("%Y-%m-%d %H:%M:%S")


def _text(text: str, field: Field) -> str | bytes:
    if field.choices and text not in field.choices:
        near = get_close_matches(text.lower(), [choice.lower() for choice in field.choices], 1, 0.5)
        meant = next((choice for choice in field.choices if near and choice.lower() == near[0]), "")
        hint = f'did you mean "{meant}"?' if meant else f"it is one of {', '.join(field.choices)}"
        raise BadLiteral(codes.BAD_LITERAL, f'{field.name} is never "{text}"', hint)
    return text.encode() if field.raw else text


def _bytes(literal: Literal, field: Field, network: NetworkFacts) -> bytes | str:
    text, field_type = literal.text, field.type
    if field_type is T.ADDRESS:
        raw = _hex(text) if literal.kind == "hex" else _address(text, network)
        if raw and raw[0] >> 4 in (14, 15):
            raise BadLiteral(codes.TYPES, f"{_shown(literal)} is a stake address", "compare stake_address with it")
        return describe(raw).text if field.shown else as_read(raw)
    if field_type is T.STAKE_ADDRESS:
        raw = _hex(text) if literal.kind == "hex" else _address(text, network)
        if literal.kind != "hex" and raw[0] >> 4 not in (14, 15):
            raise BadLiteral(codes.TYPES, f"{_shown(literal)} is a payment address", "compare address with it")
    elif literal.kind == "hex":
        raw = _hex(text)
    elif field_type is T.BYTES and literal.kind == "text":
        hint = "compare name_text with it" if field.name == "name" else _WRITE[T.BYTES]
        raise BadLiteral(codes.TYPES, f"{field.name} is bytes and {_shown(literal)} is text", hint)
    else:
        raw = _bech32(text, field_type)
    return _fitting(raw, literal, field)


def _fitting(raw: bytes, literal: Literal, field: Field) -> bytes:
    lengths = (field.length,) if field.length else LENGTHS.get(field.type, ())
    if field.name == "name" and len(raw) > 32:
        raise BadLiteral(codes.BAD_LITERAL, f"an asset's name has at most 32 bytes, not {len(raw)}")
    if field.type is T.DREP and len(raw) == 28:
        raw = (b"\x23" if literal.text.startswith("drep_script") else b"\x22") + raw
    if lengths and len(raw) not in lengths:
        digits = " or ".join(str(length * 2) for length in lengths)
        raise BadLiteral(codes.BAD_LITERAL, f"{field.name} has {digits} hex digits, not {len(raw) * 2}")
    return raw


def _hex(text: str) -> bytes:
    digits = text.replace("_", "")
    if not _HEX.fullmatch(digits):
        odd = all(c in "0123456789abcdefABCDEF" for c in digits[2:])
        why = "an odd number of digits" if odd else "a character that is not a hex digit"
        raise BadLiteral(codes.BAD_LITERAL, f"{text[:40]} has {why}")
    return bytes.fromhex(digits[2:])


def _address(text: str, network: NetworkFacts) -> bytes:
    if "..." in text:
        raise BadLiteral(codes.BAD_LITERAL, f"{text} is a placeholder for an address", "write the whole address")
    try:
        raw = parse_text(text)
    except ValueError as error:
        raise BadLiteral(codes.BAD_LITERAL, f"{text[:60]} is not an address: {error}", "copy the whole address again") from error
    if raw[0] >> 4 == _BYRON:
        ours = network.custom or base58.byron_is_of(raw, network.magic)
    else:
        ours = network_of(raw) == network.network_id
    if network.known and not ours:
        raise BadLiteral(codes.FOREIGN, f"{text[:24]}... belongs to another network than {network.name}", "check [plan] network")
    return raw


def _bech32(text: str, field_type: T) -> bytes:
    if "..." in text:
        raise BadLiteral(codes.BAD_LITERAL, f"{text} is a placeholder for an id", "write the whole id")
    try:
        prefix, raw = bech32.decode(text)
    except ValueError as error:
        raise BadLiteral(
            codes.BAD_LITERAL, f"{text[:60]} is not {field_type.value}: {error}", _WRITE.get(field_type, "")
        ) from error
    if prefix not in _PREFIXES.get(field_type, ()):
        raise BadLiteral(codes.TYPES, f"{text[:60]} is not {field_type.value}", _WRITE.get(field_type, ""))
    return raw
