"""As many questions about inputs as `nectar_watched` has bits for are asked right, and one more is refused before anything is read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nectar.compiler.ddl.dialects import DIALECTS
from nectar.compiler.internal_tables import MOST_QUESTIONS, TRACKED_OUTPUTS
from nectar.compiler.load import read_document
from nectar.config.document.load import load_text
from nectar.errors import PlanError
from nectar.runner.decoding.tracked_outputs import TrackedOutputs, TrackedState
from tests.determinism.plans import compiled
from tests.determinism.running import run_in_pieces
from tests.determinism.stories import Ground
from tests.mysql.jobs import profile, rows, sqlite_rows
from tests.mysql.server import Server
from tests.runner.jobs import plan_text

SIGNED = (1 << 63) - 1


def asking(questions: int, ground: Ground | None = None) -> str:
    """A plan whose last question is the one that most inputs answer with yes."""
    amounts = [f"value == {1_000_000_007 + number} lovelace" for number in range(questions - 1)] + ["value > 1 ada"]
    where = " or ".join(f"any(inputs, {one})" for one in amounts)
    source, network = (ground.files, ground.named) if ground else (Path("immutable"), "preview")
    return plan_text(source, network=network, performance="batch_blocks = 20", more=f"[filters]\nwhere = '{where}'\n")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_one_more_is_refused(dialect: str) -> None:
    text = asking(MOST_QUESTIONS + 1)
    with pytest.raises(PlanError) as refused:
        read_document(load_text(text, "plan.toml"), Path("plan.toml"), dialect=dialect)
    (complaint,) = refused.value.complaints
    assert complaint.code == "NEC-F053"
    assert f"asks {MOST_QUESTIONS + 1} different" in complaint.what
    assert f"{MOST_QUESTIONS} are the most" in complaint.what
    line = 1 + text[: text.index("where = ")].count("\n")
    assert complaint.place == f"plan.toml:{line}:{len('where = ') + 2}"


def test_one_question_asked_often_is_one() -> None:
    text = asking(MOST_QUESTIONS).replace("where = 'any(", "where = 'count(inputs, value > 1 ada) > 2 or any(", 1)
    assert len(compiled(text).filters.questions) == MOST_QUESTIONS


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_most_fit_their_column(dialect: str) -> None:
    """Yes to every question, or not known of any: and the sum of an output's rows, whose bits differ."""
    (column,) = (column for column in TRACKED_OUTPUTS.columns if column.name == "answers")
    assert DIALECTS[dialect].column_type(TRACKED_OUTPUTS, column) in ("INTEGER", "BIGINT")
    for each in (2, 4):
        assert 1 + sum(each << 2 * question for question in range(MOST_QUESTIONS)) <= SIGNED
    assert 2 << 2 * MOST_QUESTIONS > SIGNED
    watch = TrackedOutputs(compiled(asking(MOST_QUESTIONS)).filters.questions, {}, TrackedState(whole=False), writes_kept=True)
    assert watch.asks


def test_the_most_are_remembered(sample: Ground, mariadb: Server, tmp_path: Path) -> None:
    """The highest bits come back to a job that was stopped, from SQLite and from a server."""
    plan = compiled(asking(MOST_QUESTIONS, sample))
    tables = ("tx", "tx_in", "tx_out", "nectar_watched")
    for name, pieces in (("one", 0), ("pieces", 6)):
        run_in_pieces(plan, tmp_path / name, random.Random(1), pieces, workers=1)
    one = sqlite_rows(tmp_path / "one", tables)
    assert one["tx"]
    assert max(row[-1] for row in one["nectar_watched"]) > 1 << 2 * MOST_QUESTIONS - 2
    assert sqlite_rows(tmp_path / "pieces", tables) == one
    with mariadb.scratch() as database:
        run_in_pieces(plan, profile(mariadb, database), random.Random(2), 6, workers=1)
        assert rows(mariadb, database, tables) == one
