"""Whatever its batches, workers, restarts and forks: a plan's rows are those of one straight run over the chain that is left."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile import model as config
from nectar.runner.follow import gap
from nectar.tables import Type
from tests.determinism.plans import compiled, random_plan
from tests.determinism.running import run_in_pieces
from tests.determinism.stories import Ground, Story, ground
from tests.mysql.jobs import profile, sqlite_rows
from tests.mysql.jobs import rows as server_rows
from tests.mysql.server import Server
from tests.node.histories import BUSY
from tests.node.serving import serving
from tests.runner.jobs import same

FIRST = int(os.environ.get("NECTAR_SEED", "0"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("NECTAR_SEEDS", "16")))
BATCHES = (1, 7, 1_000)
Target = Path | config.Server


@pytest.fixture(scope="module")
def real(chain: Path) -> Ground:
    """Blocks that have transactions of every kind that preview had by then."""
    found = ground(chain / "preview/immutable", "preview", BUSY)
    return found.__class__(found.files, found.named, found.network, [one for one in found.blocks if len(one.raw) > 900])


def content(plan: CompiledPlan, where: Path | tuple[Server, str]) -> dict[str, list[Any]]:
    """Every row that tells of the chain, sorted; numbers beyond 63 bits as such, which SQLite keeps as texts."""
    names = sorted({table.name for table in plan.tables} | {"nectar_coverage", "nectar_quarantine"})
    found = sqlite_rows(where, names) if isinstance(where, Path) else server_rows(*where, names)
    for table in plan.tables:
        for at in (at for at, column in enumerate(table.columns) if column.type is Type.U64):
            rows = ((*row[:at], None if row[at] is None else int(row[at]), *row[at + 1 :]) for row in found[table.name])
            found[table.name] = sorted(rows, key=repr)
    return found


def with_batches(text: str, blocks: int) -> str:
    return f"{text}[performance]\nbatch_blocks = {blocks}\n"


@pytest.mark.parametrize("seed", SEEDS)
def test_forks(
    seed: int, sample: Ground, real: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(seed)
    on = real if seed % 3 == 0 else sample
    story = Story(seed, on)
    start = 'start = "origin"' if dice.random() < 0.7 else f"start_slot = {story.chain[dice.randrange(story.first)].point.slot}"
    text = random_plan(dice, on.named, start)
    with serving(tmp_path / "straight", story.chain, network=on.network):
        plan = compiled(with_batches(text, 1_000), f"end_slot = {story.chain[-1].point.slot}")
        run_in_pieces(plan, tmp_path / "straight.db", dice, 0, socket=str(tmp_path / "straight"), workers=1)
    expected = content(plan, tmp_path / "straight.db")
    server: Server | None = request.getfixturevalue("mariadb") if seed % 4 == 3 else None
    if server is None:
        _through(story, on, text, tmp_path / "forked.db", dice, tmp_path, monkeypatch)
        same(content(plan, tmp_path / "forked.db"), expected)
        return
    with server.scratch() as database:
        _through(story, on, text, profile(server, database, writers=dice.choice((1, 3))), dice, tmp_path, monkeypatch)
        same(content(plan, (server, database)), expected)


def _through(
    story: Story, on: Ground, text: str, target: Target, dice: random.Random, folder: Path, patch: pytest.MonkeyPatch
) -> None:
    """All of the story's phases, by jobs that are cut short."""
    workers = dice.choice((1, 1, 2))
    if workers > 1:
        patch.setattr(gap, "FAR", 0)
    for number, phase in enumerate(story.phases):
        plan = compiled(with_batches(text, dice.choice(BATCHES)), f"end_slot = {phase.last_slot}")
        with serving(folder / str(number), [], phase.steps, story.forks, network=on.network) as stage:
            stage.chain.extend(phase.base)
            run_in_pieces(plan, target, dice, dice.choice((0, 1, 2)), socket=str(folder / str(number)), workers=workers)


@pytest.mark.parametrize("seed", SEEDS)
def test_files(seed: int, sample: Ground, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A chain in files, all of its eras: ranges one after the other, jobs cut short, processes."""
    dice = random.Random(-seed - 1)
    slots = [one.point.slot for one in sample.blocks[:-1]]
    start = 'start = "origin"' if dice.random() < 0.7 else f"start_slot = {slots[dice.randrange(300)]}"
    text = random_plan(dice, sample.named, start, filtered=seed % 8 != 7)
    plan = compiled(with_batches(text, 1_000))
    run_in_pieces(plan, tmp_path / "straight.db", dice, 0, source=sample.files, workers=1)
    expected = content(plan, tmp_path / "straight.db")
    server: Server | None = request.getfixturevalue("mariadb") if seed % 4 == 1 else None
    if server is None:
        _in_ranges(text, slots, sample, tmp_path / "pieces.db", dice)
        same(content(plan, tmp_path / "pieces.db"), expected)
        return
    with server.scratch() as database:
        _in_ranges(text, slots, sample, profile(server, database, writers=dice.choice((1, 3))), dice)
        same(content(plan, (server, database)), expected)


def _in_ranges(text: str, slots: list[int], on: Ground, target: Target, dice: random.Random) -> None:
    ends = sorted(dice.sample(range(320, len(slots)), dice.choice((0, 1, 2))))
    for end in [*(f"end_slot = {slots[at]}" for at in ends), ""]:
        plan = compiled(with_batches(text, dice.choice(BATCHES)), end)
        run_in_pieces(plan, target, dice, dice.choice((0, 1, 2)), source=on.files, workers=dice.choice((1, 1, 2)))
