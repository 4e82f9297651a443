"""A transaction's body: CDDL `transaction_body`, Shelley to Conway, one reader for all of them (keys never changed meaning)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from nectar.cardano.block import Metadatum, Tx, TxOut
from nectar.cardano.governance import Proposal
from nectar.cardano.point import Era
from nectar.cardano.script import Script, ScriptKind
from nectar.decode import governance
from nectar.decode.cbor import BROKEN, Reader
from nectar.decode.certificate import certificates
from nectar.decode.checked import OUTPUTS, SIGNED, UNSIGNED, listed, number, number_or_none, sized
from nectar.decode.output import assets, coin, output
from nectar.decode.repeats import Repeated, once
from nectar.decode.want import EVERYTHING, Wanted, wanted_parts
from nectar.decode.witness import PLUTUS, Witnesses, auxiliary, refuse_repeated_scripts, witnesses

_NONE: Sequence[Any] = ()
_NO_WITNESSES = Witnesses([], [], [])


class Parts(NamedTuple):
    """Where one transaction's parts stand in the block's bytes; `auxiliary_start` is -1 when there are none."""

    index: int  # type: ignore[assignment]  # shadows tuple.index
    is_valid: bool
    body: Any
    body_start: int
    body_end: int
    witness: Any
    witness_start: int
    witness_end: int
    auxiliary_start: int
    auxiliary_end: int


def created_lovelace(body: Any, is_valid: bool) -> int:
    """Lovelace that the transaction creates: its outputs, or a failed one's collateral return (key 16)."""
    if is_valid:
        return number(sum(map(coin, body[1])))
    back = body.get(16)
    return 0 if back is None else number(coin(back))


def paid_fee(body: Any, is_valid: bool) -> int | None:
    """The fee: key 2; for a failed transaction its total collateral (key 17), None when the body has none."""
    return number(body[2]) if is_valid else number_or_none(body.get(17))


def _size(parts: Parts) -> int:
    """Bytes as the ledger counts them for the fee (`sizeTxF`): body, witnesses, auxiliary data or null, one byte of array."""
    auxiliary_size = parts.auxiliary_end - parts.auxiliary_start if parts.auxiliary_start >= 0 else 1
    return 1 + parts.body_end - parts.body_start + parts.witness_end - parts.witness_start + auxiliary_size


def _whole(raw: bytes, parts: Parts, has_validity: bool) -> bytes:
    """The transaction outside of a block: CDDL `transaction`, put together from its original parts."""
    extra = raw[parts.auxiliary_start : parts.auxiliary_end] if parts.auxiliary_start >= 0 else b"\xf6"
    validity = (b"\xf5" if parts.is_valid else b"\xf4") if has_validity else b""
    count = b"\x84" if has_validity else b"\x83"
    body, witness = raw[parts.body_start : parts.body_end], raw[parts.witness_start : parts.witness_end]
    return count + body + witness + validity + extra


def _plutus_size(witnessed: Sequence[Script]) -> int:
    """Bytes of Plutus scripts as db-sync counts them (`getPlutusSizes`): each script once."""
    return sum(len(script.raw) for script in set(witnessed) if script.kind is not ScriptKind.NATIVE)


def _inputs(field: str, written: Any, era: Era) -> Sequence[tuple[bytes, int]]:
    """CDDL `set<transaction_input>`, in the order of the bytes."""
    inputs: list[tuple[bytes, int]] = []
    for spent, index in listed(written):
        if type(spent) is not bytes or len(spent) != 32 or type(index) is not int or not 0 <= index <= OUTPUTS:
            sized(spent, 32)
            number(index, OUTPUTS)
        inputs.append((spent, index))
    return once(field, inputs, era) if len(inputs) > 1 else inputs


def _required_signers(written: Any, era: Era) -> Sequence[bytes]:
    return once("body.required_signers", [sized(signer, 28) for signer in listed(written)], era)


def _withdrawals(written: Any) -> list[tuple[bytes, int]]:
    """CDDL `withdrawals`, in the order of the bytes."""
    return [(sized(account, 29), number(amount)) for account, amount in written.items()]


def _proposals(raw: bytes, parts: Parts, era: Era) -> Sequence[Proposal]:
    if 20 not in parts.body:
        return ()
    reader = Reader(raw, parts.body_start)
    for key, start, end in reader.pairs():
        if key == 20:
            return governance.proposals(raw[start:end], era)
    return ()


def _outputs(body: Any, want: Wanted) -> list[TxOut]:
    with_assets, with_scripts = want.assets, want.scripts
    return [output(i, item, with_assets, with_scripts) for i, item in enumerate(body[1])]


def _collateral_return(body: Any, want: Wanted) -> TxOut | None:
    """Its index is the number of normal outputs (ledger: `collOuts`)."""
    item = body.get(16)
    return None if item is None else output(len(body[1]), item, True, want.scripts)


def decode_transaction(raw: bytes, parts: Parts, want: Wanted, era: Era) -> Tx:
    """One transaction of a block's `raw` bytes. Shapes that the CDDL does not allow raise one of `BROKEN`.

    Longer than 40 lines because `Tx` takes a line for each field.
    """
    index, is_valid, body, body_start, body_end, witness, witness_start, _, auxiliary_start, _ = parts
    witnessed = _NO_WITNESSES
    metadata: Sequence[Metadatum] = ()
    scripts: Sequence[Script] = ()
    if want.scripts:
        witnessed = witnesses(raw, witness, witness_start, era)
        scripts = witnessed.scripts
    if auxiliary_start >= 0 and (want.metadata or want.scripts):
        metadata, more = auxiliary(raw, auxiliary_start, era)
        if more and want.scripts:
            scripts = [*scripts, *more]
    governed = want.governance
    return Tx(
        index,
        blake2b(raw[body_start:body_end], digest_size=32).digest(),
        _size(parts),
        is_valid,
        paid_fee(body, is_valid),
        _inputs("body.inputs", body[0], era),
        _outputs(body, want) if want.outputs else _NONE,
        _inputs("body.collateral", body[13], era) if 13 in body else _NONE,
        _inputs("body.reference_inputs", body[18], era) if 18 in body else _NONE,
        _collateral_return(body, want) if want.outputs else None,
        number(body[17]) if 17 in body else None,
        number(body[8], UNSIGNED) if 8 in body else None,
        number(body[3], UNSIGNED) if 3 in body else None,
        assets(body[9], -SIGNED - 1, SIGNED) if want.assets and 9 in body else _NONE,
        certificates(body[4], era) if want.certificates and 4 in body else _NONE,
        _withdrawals(body[5]) if want.withdrawals and 5 in body else _NONE,
        governance.update(body[6]) if 6 in body and (governed or want.certificates) else None,
        _required_signers(body[14], era) if 14 in body else _NONE,
        governance.votes(body[19]) if governed and 19 in body else _NONE,
        _proposals(raw, parts, era) if governed else _NONE,
        number(body[22]) if 22 in body else None,
        metadata,
        scripts,
        witnessed.datums,
        witnessed.redeemers,
        created_lovelace(body, is_valid),
        _whole(raw, parts, era >= Era.ALONZO) if want.cbor else None,
        _plutus_size(witnessed.scripts) if witnessed.scripts else 0,
    )


_ALL = wanted_parts(EVERYTHING)
_FIELDS: tuple[tuple[str, Callable[[bytes, Parts, Era], object]], ...] = (
    ("body.inputs", lambda raw, p, era: _inputs("body.inputs", p.body[0], era)),
    ("body.outputs", lambda raw, p, era: (_outputs(p.body, _ALL), created_lovelace(p.body, True))),
    ("body.fee", lambda raw, p, era: number(p.body[2])),
    ("body.ttl", lambda raw, p, era: number_or_none(p.body.get(3), UNSIGNED)),
    ("body.certificates", lambda raw, p, era: certificates(p.body.get(4, []), era)),
    ("body.withdrawals", lambda raw, p, era: _withdrawals(p.body.get(5, {}))),
    ("body.update", lambda raw, p, era: governance.update(p.body[6]) if 6 in p.body else None),
    ("body.validity_interval_start", lambda raw, p, era: number_or_none(p.body.get(8), UNSIGNED)),
    ("body.mint", lambda raw, p, era: assets(p.body.get(9, {}), -SIGNED - 1, SIGNED)),
    ("body.collateral", lambda raw, p, era: _inputs("body.collateral", p.body.get(13, []), era)),
    ("body.required_signers", lambda raw, p, era: _required_signers(p.body.get(14, []), era)),
    ("body.collateral_return", lambda raw, p, era: (_collateral_return(p.body, _ALL), created_lovelace(p.body, False))),
    ("body.total_collateral", lambda raw, p, era: number_or_none(p.body.get(17))),
    ("body.reference_inputs", lambda raw, p, era: _inputs("body.reference_inputs", p.body.get(18, []), era)),
    ("body.voting_procedures", lambda raw, p, era: governance.votes(p.body.get(19, {}))),
    ("body.proposal_procedures", _proposals),
    ("body.donation", lambda raw, p, era: number_or_none(p.body.get(22))),
    ("witness_set", lambda raw, p, era: witnesses(raw, p.witness, p.witness_start, era)),
    ("auxiliary_data", lambda raw, p, era: auxiliary(raw, p.auxiliary_start, era) if p.auxiliary_start >= 0 else None),
)


_READ = dict(_FIELDS)
_INPUTS = {0: "body.inputs", 13: "body.collateral", 18: "body.reference_inputs"}
_RARE = {4: "body.certificates", 14: "body.required_signers", 20: "body.proposal_procedures"}


class Unread(NamedTuple):
    """Sets and lists that `decode_transaction` does not read and whose members must differ from Conway on.

    Maps are always read strictly. `inputs` and `rare` are keys of the body, `scripts` of the witness set."""

    inputs: frozenset[int]
    rare: frozenset[int]
    scripts: frozenset[int]

    def may_repeat(self, body: Any, witness: Any) -> bool:
        """A quick test, made for every transaction."""
        return (
            not self.rare.isdisjoint(body)
            or any(key in body and _some_twice(body[key]) for key in self.inputs)
            or any(key in witness and len(witness[key]) > 1 for key in self.scripts)
        )

    def repeated(self, raw: bytes, parts: Parts, era: Era) -> tuple[str, Repeated] | None:
        """The first field in which a member stands twice. Other errors of these fields are ignored: no row is made of them."""
        for key, name in (_INPUTS | _RARE).items():
            if key in parts.body and key in self.inputs | self.rare:
                try:
                    _READ[name](raw, parts, era)
                except Repeated as error:
                    return name, error
                except BROKEN:
                    continue
        try:
            refuse_repeated_scripts(parts.witness, era)
        except Repeated as error:
            return "witness_set", error
        return None


def _some_twice(members: Any) -> bool:
    return len(members) > 1 and len({*map(tuple, members)}) < len(members)


@lru_cache(maxsize=64)
def unread(want: Wanted) -> Unread | None:
    """What the plan leaves unread, computed once; None where everything is read."""
    read = {4: want.certificates, 14: want.transactions, 20: want.governance}
    inputs = frozenset[int]() if want.transactions else frozenset(_INPUTS)
    left_unread = Unread(inputs, frozenset(key for key in _RARE if not read[key]), frozenset() if want.scripts else PLUTUS)
    return left_unread if any(left_unread) else None


def broken_field(raw: bytes, parts: Parts, era: Era) -> str:
    """The part of a transaction that does not decode. Called only after a failure."""
    for name, read in _FIELDS:
        try:
            read(raw, parts, era)
        except BROKEN:
            return name
    return "body"
