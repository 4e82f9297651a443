"""A sample chain, all eras with small Byron epochs, is read as any chain: the writer and the reader of chunk files agree."""

from __future__ import annotations

import json
from pathlib import Path

from nectar.samplechain.make import make_sample_chain
from nectar.sources.immutable.facts import ChainFacts
from nectar.sources.immutable.source import ImmutableSource


def test_a_sample_chain_is_read_with_and_without_index(tmp_path: Path) -> None:
    made = make_sample_chain(tmp_path, 600, 11)
    constants = json.loads((tmp_path / "genesis" / "byron-genesis.json").read_text())["protocolConsts"]
    size = 10 * constants["k"]
    facts = ChainFacts("sample", constants["protocolMagic"], size, byron_epoch_slots=size)
    source = ImmutableSource(tmp_path, facts)
    events = list(source.blocks())
    assert (len(events), source.tip().slot, len(source.folder.chunks)) == (made.blocks, made.last_slot, made.chunks)
    assert {event.raw[1] for event in events} == set(range(8))
    for index in (tmp_path / "immutable").glob("*.secondary"):
        index.unlink()
    assert list(ImmutableSource(tmp_path, facts).blocks()) == events
    assert source.notes == []
