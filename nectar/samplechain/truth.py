"""The truth about a sample chain, written beside it: tests compare a database with it.

expected.jsonl   one object a block, in chain order:
    slot, epoch_no, block_no (null for a boundary block), hash, prev, era, bytes (of `[era, block]` on disk),
    tx_count, invalid, sums over its transactions under the names below, and `txs`, each with
      hash, valid,
      fee           lovelace really paid: a failed transaction's collateral, a Byron fee although it is only implied
      out_sum       of the outputs really made: a failed transaction's collateral return alone
      deposit       paid less refunded; fee + out_sum + deposit + donation = inputs + withdrawals
      donation, inputs, outputs   (a failed transaction: its collateral's)
      mints         (policy, name) pairs; metadata: labels; certs, withdrawals, redeemers, proposals, votes:
                    all 0 for a failed transaction, as db-sync keeps none of them
      wire          only for a failed transaction: fee, out_sum, inputs, outputs, mints, ... as its body says
expected.json    the whole: eras, epochs (value unspent when it begins, fees, outputs, blocks, transactions), what is
                 unspent at the end, every asset's supply, how often each feature occurred, how the chain was made.

Genesis outputs, Shelley's initial funds among them, count as unspent from the origin, as db-sync's rows have it.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from nectar.cardano.point import Era
from nectar.samplechain.byron import ByronTx, RawBlock
from nectar.samplechain.purse import Output
from nectar.samplechain.seal import SealedTx
from nectar.samplechain.timeline import Seat
from nectar.samplechain.world import World

Fact = dict[str, Any]
COUNTED = ("inputs", "outputs", "mints", "metadata", "certs", "withdrawals", "redeemers", "proposals", "votes")


def _sum(outputs: tuple[Output, ...]) -> int:
    return sum(o.coin for o in outputs)


def byron_fact(tx: ByronTx) -> Fact:
    fact: Fact = {"hash": tx.tx_id.hex(), "valid": True, "fee": tx.fee, "out_sum": _sum(tx.outputs)}
    fact |= {"deposit": 0, "donation": 0} | dict.fromkeys(COUNTED, 0)
    return fact | {"inputs": len(tx.inputs), "outputs": len(tx.outputs)}


def shelley_fact(tx: SealedTx) -> Fact:
    draft = tx.draft
    wire: Fact = {
        "fee": tx.fee,
        "out_sum": sum(o.coin for o in draft.outputs),
        "inputs": len(draft.inputs),
        "outputs": len(draft.outputs),
        "mints": len(draft.mint),
        "metadata": len(draft.labels),
        "certs": len(draft.certificates),
        "withdrawals": len(draft.withdrawals),
        "redeemers": tx.redeemers,
        "proposals": len(draft.proposals),
        "votes": sum(map(len, draft.votes.values())),
    }
    fact: Fact = {"hash": tx.tx_id.hex(), "valid": draft.valid}
    if draft.valid:
        return fact | {"deposit": draft.deposit - draft.refund, "donation": draft.donation} | wire
    fact |= {"deposit": 0, "donation": 0} | dict.fromkeys(COUNTED, 0)
    fact |= {"fee": draft.collateral_taken, "out_sum": _sum(tx.created)}
    return fact | {"inputs": len(draft.collateral), "outputs": len(tx.created), "wire": wire}


class Book:
    """Gathers and writes the truth; a context manager that closes expected.jsonl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file: TextIO = (folder / "expected.jsonl").open("w", encoding="utf-8", newline="\n")
        self.epochs: list[Fact] = []
        self.eras: dict[str, Fact] = {}
        self.features: dict[str, dict[str, int]] = {}
        self.blocks = self.txs = 0

    def __enter__(self) -> Book:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.file.close()

    def reach_epoch(self, epoch_no: int, world: World) -> None:
        """Begins every epoch up to `epoch_no`, those without a block too."""
        while len(self.epochs) <= epoch_no:
            fresh = {"epoch_no": len(self.epochs), "unspent_at_start": world.purse.total}
            self.epochs.append(fresh | {"blocks": 0, "txs": 0, "fees": 0, "out_sum": 0})

    def add(self, seat: Seat, block: RawBlock, block_no: int | None, previous: bytes, facts: list[Fact]) -> None:
        line: Fact = {"slot": seat.slot, "epoch_no": seat.epoch_no, "block_no": block_no, "hash": block.hash.hex()}
        line |= {"prev": previous.hex(), "era": seat.era.name, "bytes": len(block.raw), "tx_count": len(facts)}
        line |= {"fees": sum(f["fee"] for f in facts), "out_sum": sum(f["out_sum"] for f in facts)}
        line |= {name: sum(f[name] for f in facts) for name in COUNTED}
        line |= {"invalid": sum(not f["valid"] for f in facts), "txs": facts}
        self.file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self.blocks += 1
        self.txs += len(facts)
        for total in (self.epochs[seat.epoch_no], self._era(seat)):
            total["blocks"] += 1
            total["txs"] += len(facts)
            total["fees"] += line["fees"]
            total["out_sum"] += line["out_sum"]

    def _era(self, seat: Seat) -> Fact:
        name = (Era.BYRON if seat.era is Era.BYRON_EBB else seat.era).name
        era = self.eras.setdefault(name, {"first_slot": seat.slot, "blocks": 0, "txs": 0, "fees": 0, "out_sum": 0})
        era["last_slot"] = seat.slot
        return era

    def note_features(self, era: Era, names: list[str]) -> None:
        seen = self.features.setdefault(era.name, {})
        for name in names:
            seen[name] = seen.get(name, 0) + 1

    def close(self, world: World, made_by: Fact) -> None:
        supply = {f"{policy.hex()}.{name.hex()}": n for (policy, name), n in sorted(world.supply.items())}
        whole = made_by | {
            "blocks": self.blocks,
            "txs": self.txs,
            "unspent_at_end": world.purse.total,
            "unspent_outputs": sum(1 for _ in world.purse),
            "eras": self.eras,
            "epochs": self.epochs,
            "features": {era: dict(sorted(seen.items())) for era, seen in self.features.items()},
            "supply": supply,
        }
        (self.folder / "expected.json").write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
