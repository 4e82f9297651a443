"""Sets and maps in which a member stands twice: how the ledger of each era reads them, field by field.

A block is decoded at its era's own version (ledger: `eraProtVerLow`), so what changed with version 9 changed with Conway.
What the ledger refuses is refused in every block that is decoded, whatever the plan makes rows of.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, TypeVar

from nectar.cardano.point import Era
from nectar.decode.cbor import Reader
from nectar.decode.head import BREAK, INDEFINITE, head
from nectar.decode.skip import end_of_item


class Repeats(Enum):
    """What becomes of a repeated member."""

    KEPT = "a list: every one counts"
    DROPPED = "a set: it counts once, where it first stood"
    LAST = "a map: the last value counts, where the key first stood"
    REFUSED = "the block cannot be decoded"


class Rule(NamedTuple):
    """`path`: keys and indexes that lead to the set or map from its part of the transaction, `*` for any. `before`: Shelley to
    Babbage (versions 2 to 8); `conway`: from version 9 on. None where the era has no such field. `ledger`: the ledger's
    decoder."""

    path: str
    before: Repeats | None
    conway: Repeats | None
    ledger: str


_KEPT, _DROPPED, _LAST, _REFUSED = Repeats

RULES: Mapping[str, Rule] = {
    # a map with fixed keys is read key by key, and no key twice (`SparseKeyed`)
    "body": Rule("", _REFUSED, _REFUSED, "SparseKeyed"),
    "body.inputs": Rule("0", _DROPPED, _REFUSED, "decodeSet"),
    "body.outputs": Rule("1 *", _REFUSED, _REFUSED, "SparseKeyed (Babbage's form)"),
    "body.outputs.policies": Rule("1 * 1 1", _LAST, _REFUSED, "decodeMap"),
    "body.outputs.assets": Rule("1 * 1 1 *", _LAST, _REFUSED, "decodeMap"),
    "body.certificates": Rule("4", _KEPT, _REFUSED, "decodeStrictSeq; OSet"),
    "body.certificates.pool_owners": Rule("4 * 7", _DROPPED, _REFUSED, "decodeSet"),
    "body.certificates.rewards": Rule("4 * 1 1", _LAST, None, "decodeMap"),
    "body.withdrawals": Rule("5", _LAST, _REFUSED, "decodeMap"),
    "body.update": Rule("6 0", _LAST, None, "decodeMap"),
    "body.update.parameters": Rule("6 0 *", _REFUSED, None, "SparseKeyed"),
    "body.update.cost_models": Rule("6 0 * 18", _LAST, None, "decodeMapByKey"),
    "body.mint": Rule("9", _LAST, _REFUSED, "decodeMap"),
    "body.mint.assets": Rule("9 *", _LAST, _REFUSED, "decodeMap"),
    "body.collateral": Rule("13", _DROPPED, _REFUSED, "decodeSet"),
    "body.required_signers": Rule("14", _DROPPED, _REFUSED, "decodeSet"),
    "body.collateral_return": Rule("16", _REFUSED, _REFUSED, "SparseKeyed"),
    "body.collateral_return.policies": Rule("16 1 1", _LAST, _REFUSED, "decodeMap"),
    "body.collateral_return.assets": Rule("16 1 1 *", _LAST, _REFUSED, "decodeMap"),
    "body.reference_inputs": Rule("18", _DROPPED, _REFUSED, "decodeSet"),
    "body.voting_procedures": Rule("19", None, _REFUSED, "decodeMapByKey"),
    "body.voting_procedures.votes": Rule("19 *", None, _REFUSED, "decodeMap"),
    "body.proposal_procedures": Rule("20", None, _REFUSED, "OSet"),
    "body.proposal_procedures.parameters": Rule("20 * 2 2", None, _REFUSED, "SparseKeyed"),
    "body.proposal_procedures.cost_models": Rule("20 * 2 2 18", None, _REFUSED, "decodeMap"),
    "body.proposal_procedures.withdrawals": Rule("20 * 2 1", None, _REFUSED, "decodeMap"),
    "body.proposal_procedures.removed": Rule("20 * 2 2", None, _REFUSED, "decodeSet"),
    "body.proposal_procedures.added": Rule("20 * 2 3", None, _REFUSED, "decodeMap"),
    "witness_set": Rule("", _REFUSED, _REFUSED, "SparseKeyed"),
    "witness_set.native_scripts": Rule("1", _DROPPED, _DROPPED, "Map.fromList by hash"),
    "witness_set.plutus_scripts": Rule("3, 6 or 7", _DROPPED, _REFUSED, "scriptDecoder; scriptDecoderV9, by hash"),
    "witness_set.plutus_data": Rule("4", _DROPPED, _DROPPED, "Map.fromElems by hash"),
    "witness_set.redeemers": Rule("5", _LAST, _LAST, "Map.fromList"),
    "auxiliary_data": Rule("under tag 259", _REFUSED, _REFUSED, "SparseKeyed"),
    "auxiliary_data.metadata": Rule("0", _LAST, _REFUSED, "decodeMap"),
    "auxiliary_data.metadata.map": Rule("0 * ..", _KEPT, _KEPT, "a list of pairs; in JSON the last value counts"),
    "auxiliary_data_set": Rule("of the block", _LAST, _REFUSED, "decodeMap"),
}
"""Vkey and bootstrap witnesses are sets too, but make no rows."""

_BODY_MAPS = {tuple(rule.path.split()): name for name, rule in list(RULES.items())[::-1] if name.split(".")[0] == "body"}

T = TypeVar("T")


class Repeated(ValueError):
    """A member stands twice where the ledger refuses that."""


def is_refused(field: str, era: Era) -> bool:
    """Whether the ledger refuses a repeated member of the field. True for an era that has no such field."""
    rule = RULES[field]
    return (rule.conway if era >= Era.CONWAY else rule.before) in (Repeats.REFUSED, None)


def once(field: str, members: Sequence[T], era: Era) -> Sequence[T]:
    """The members of a set, each once, in the order in which they stand. Errors: Repeated."""
    if len(members) < 2 or len(set(members)) == len(members):
        return members
    if is_refused(field, era):
        raise Repeated(f"a member of {field} stands twice")
    return list(dict.fromkeys(members))


def refuse_repeats(field: str, keys: Sequence[Hashable], era: Era) -> None:
    """Checks a map's keys, or a list whose members must differ. Errors: Repeated."""
    if len(keys) > 1 and len(set(keys)) < len(keys) and is_refused(field, era):
        raise Repeated(f"a member of {field} stands twice")


def repeated_key(raw: bytes, start: int, era: Era) -> str | None:
    """The first map of the transaction body at `start` with a repeated key that the ledger refuses, as a field of RULES.

    Slow: called only for a body in which cbor2 found some key twice.
    """
    for path, keys in _maps(raw, start):
        if len(set(keys)) < len(keys):
            field = _field(path)
            if era >= Era.CONWAY if field is None else is_refused(field, era):
                return field or "body"
    return None


def _field(path: tuple[str, ...]) -> str | None:
    for pattern, name in _BODY_MAPS.items():
        if len(pattern) == len(path) and all(key in ("*", step) for key, step in zip(pattern, path, strict=True)):
            return name
    return None


def _maps(raw: bytes, start: int) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Every map within the item at `start`: its path and its keys."""
    waiting: list[tuple[int, tuple[str, ...]]] = [(start, ())]
    while waiting:
        at, path = waiting.pop()
        major, count, at = head(raw, at)
        while major == 6:
            major, count, at = head(raw, at)
        if major not in (4, 5):
            continue
        steps: list[str] = []
        while raw[at] != BREAK if count == INDEFINITE else len(steps) < count:
            steps.append(str(len(steps)) if major == 4 else repr(Reader(raw, at).item()))
            at = at if major == 4 else end_of_item(raw, at)
            waiting.append((at, (*path, steps[-1])))
            at = end_of_item(raw, at)
        if major == 5:
            yield path, steps
