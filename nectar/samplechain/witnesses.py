"""What goes with a body: auxiliary data, witnesses, scripts by witness or reference, datums, redeemers."""

from __future__ import annotations

from typing import NamedTuple

from nectar.cardano.point import Era
from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.draft import CERT, MINT, PROPOSE, REWARD, SPEND, VOTE, TxDraft
from nectar.samplechain.keys import ByronKey, SampleScript, VerificationKey, hash32
from nectar.samplechain.metadata import label_map
from nectar.samplechain.params import cost_model
from nectar.samplechain.plutusdata import new_datum, plutus_data
from nectar.samplechain.purse import Output, OutputDatum
from nectar.samplechain.world import World


class ScriptRuns(NamedTuple):
    """What the scripts of a transaction add: witness set entries, hash, and the price of running them."""

    redeemers: bytes
    datums: bytes
    data_hash: bytes
    price: int
    redeemer_count: int


def witnessed_scripts(draft: TxDraft) -> list[SampleScript]:
    """Scripts for the witness set; from Babbage on some are referred to instead."""
    world, witnessed = draft.world, []
    published: dict[bytes, Output] = {}
    if world.era >= Era.BABBAGE and draft.scripts:
        published = {o.script.hash: o for o in world.purse.bag("reference") if o.script is not None}
    for script in draft.scripts.values():
        holder = published.get(script.hash)
        if holder is not None and world.dice.chance(0.8):
            if holder not in draft.references:
                draft.references.append(holder)
        else:
            witnessed.append(script)
    spent = {id(o) for o in (*draft.inputs, *draft.collateral)}
    draft.references = [o for o in draft.references if id(o) not in spent]
    return witnessed


def script_runs(draft: TxDraft) -> ScriptRuns:
    world, dice = draft.world, draft.world.dice
    datums = _witnessed_datums(draft)
    datum_item = world.pen.set([d.item for d in datums]) if datums else b""
    if not draft.runs:
        return ScriptRuns(b"", datum_item, _data_hash(draft, b"", datum_item) if datums else b"", 0, 0)
    pointers = sorted(_pointers(draft))
    price, entries = 0, []
    for purpose, index in pointers:
        memory, steps = dice.skewed(1000, 10**6), dice.skewed(10**5, 10**9)
        price += memory * 577 // 10_000 + steps * 721 // 10_000_000 + 2
        units = cbor.array([cbor.uint(memory), cbor.uint(steps)])
        entries.append((cbor.uint(purpose), cbor.uint(index), plutus_data(dice), units))
    if world.era >= Era.CONWAY and dice.chance(0.6):
        redeemers = world.pen.map([(cbor.array(e[:2]), cbor.array(e[2:])) for e in entries])
    else:
        redeemers = world.pen.array([cbor.array(e) for e in entries])
    return ScriptRuns(redeemers, datum_item, _data_hash(draft, redeemers, datum_item), price, len(entries))


def _witnessed_datums(draft: TxDraft) -> list[OutputDatum]:
    """Datums that inputs hold by hash, which must be given; some of the outputs' datums; and rarely an extra one."""
    world = draft.world
    datums: dict[bytes, OutputDatum] = {}
    for output in draft.inputs:
        if output.datum is not None and not output.datum.inline and isinstance(output.address.owner, SampleScript):
            datums[output.datum.hash] = output.datum
    if world.era >= Era.ALONZO:
        for output in draft.outputs:
            if output.datum is not None and not output.datum.inline and world.dice.chance(0.4):
                datums[output.datum.hash] = output.datum
        if datums and world.dice.chance(0.05):
            extra = new_datum(world.dice, False)
            datums[extra.hash] = extra
    return list(datums.values())


def _pointers(draft: TxDraft) -> list[tuple[int, int]]:
    """Purpose and index of every script run, in the ledger's order of each kind of thing."""
    places: dict[tuple[int, object], int] = {}
    ordered: list[tuple[int, list[object]]] = [
        (SPEND, [*sorted(draft.inputs, key=lambda o: o.ref)]),
        (MINT, [*sorted({policy for policy, _ in draft.mint})]),
        (CERT, [*range(len(draft.certificates))]),
        (REWARD, [*sorted(draft.withdrawals, key=lambda c: (not c.script, c.hash))]),
        (VOTE, [*sorted(draft.votes, key=_voter_order)]),
        (PROPOSE, [*range(len(draft.proposals))]),
    ]
    for purpose, subjects in ordered:
        for i, subject in enumerate(subjects):
            places[purpose, subject] = i
    return [(purpose, places[purpose, subject]) for purpose, subject in draft.runs]


def _voter_order(key: tuple[int, bytes]) -> tuple[int, bool, bytes]:
    """Committee before DReps before pools; scripts before keys."""
    kind, credential = key
    return kind // 2, kind not in (1, 3), credential


def _data_hash(draft: TxDraft, redeemers: bytes, datums: bytes) -> bytes:
    if not redeemers:
        none = cbor.EMPTY_MAP if draft.world.era >= Era.CONWAY else cbor.EMPTY_ARRAY
        return hash32(none + datums + cbor.EMPTY_MAP)
    languages = sorted({s.language for s in draft.scripts.values() if s.language})
    return hash32(redeemers + datums + language_views(tuple(languages)))


def language_views(languages: tuple[int, ...]) -> bytes:
    """Cost models as the ledger hashes them; PlutusV1's is encoded twice, and so sorts last."""
    pairs = []
    for language in sorted(languages, key=lambda n: (n == 1, n)):
        model = [cbor.integer(n) for n in cost_model(language - 1)]
        if language == 1:
            pairs.append((b"\x41\x00", cbor.bstr(cbor.array_open(model))))
        else:
            pairs.append((cbor.uint(language - 1), cbor.array(model)))
    return cbor.mapping(pairs)


# -- auxiliary data and the witness set -------------------------------------------------------------------------------


def auxiliary_data(draft: TxDraft) -> bytes:
    """The three shapes: a metadata map, `[metadata, scripts]` from Allegra on, tag 259 from Alonzo on."""
    world, pen, scripts = draft.world, draft.world.pen, draft.auxiliary_scripts
    if not draft.labels and not scripts:
        return b""
    labels = label_map(pen, draft.labels)
    plutus = any(s.language for s in scripts)
    shapes = ["map"] if not scripts else []
    shapes += ["array"] if world.era >= Era.ALLEGRA and not plutus else []
    shapes += ["tagged"] if world.era >= Era.ALONZO else []
    shape = world.draw(f"shape of {shapes}", shapes)
    if shape == "map":
        return labels
    if shape == "array":
        return pen.array([labels, pen.array([s.item for s in scripts])])
    pairs = [(b"\x00", labels)] if draft.labels else []
    for language in range(4):
        items = [s.item for s in scripts if s.language == language]
        if items:
            pairs.append((cbor.uint(language + 1), pen.array(items)))
    return cbor.tag(259, pen.map(pairs))


def witness_set(draft: TxDraft, scripts: list[SampleScript], runs: ScriptRuns) -> bytes:
    world, pen = draft.world, draft.world.pen
    entries: list[tuple[int, bytes]] = []
    if draft.signers:
        entries.append((0, pen.set([_signature(world, key) for key in draft.signers.values()])))
    for number, language in ((1, 0), (3, 1), (6, 2), (7, 3)):
        items = [s.item for s in scripts if s.language == language]
        if items:
            entries.append((number, pen.set(items)))
    byron = {o.address.raw: o.address.owner for o in draft.inputs if isinstance(o.address.owner, ByronKey)}
    if byron:
        entries.append((2, pen.set([_bootstrap(world, key) for key in byron.values() if isinstance(key, ByronKey)])))
    if runs.datums:
        entries.append((4, runs.datums))
    if runs.redeemers:
        entries.append((5, runs.redeemers))
    entries.sort()
    return pen.map([(cbor.uint(number), item) for number, item in entries])


def _signature(world: World, key: VerificationKey) -> bytes:
    return b"\x82\x58\x20" + key.vkey + b"\x58\x40" + world.dice.bytes(64)


def _bootstrap(world: World, key: ByronKey) -> bytes:
    parts = [key.xpub[:32], world.dice.bytes(64), key.xpub[32:], key.attributes]
    return cbor.array([cbor.bstr(part) for part in parts])
