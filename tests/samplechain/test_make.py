"""The same bytes for the same words, clear refusals, and the command."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nectar.cli.sample_chain import sample_chain
from nectar.errors import FatalError
from nectar.samplechain.make import make_sample_chain
from nectar.samplechain.timeline import ERAS, plan_timeline

ROOT = Path(__file__).resolve().parents[2]


def digest(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_count_and_seed_same_bytes_in_another_process(tmp_path: Path) -> None:
    """Hash randomisation and everything else of a process must not show."""
    make_sample_chain(tmp_path / "a", 350, 9)
    script = (
        "import sys; from pathlib import Path; from nectar.samplechain.make import make_sample_chain as m; "
        "m(Path(sys.argv[1]), 350, 9)"
    )
    for name, hash_seed in (("b", "1"), ("c", "2")):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", script, str(tmp_path / name)], env=environment, check=True)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") == digest(tmp_path / "c")


def test_another_seed_makes_another_chain(tmp_path: Path) -> None:
    make_sample_chain(tmp_path / "a", 60, 1)
    make_sample_chain(tmp_path / "b", 60, 2)
    assert digest(tmp_path / "a")["immutable/00000.chunk"] != digest(tmp_path / "b")["immutable/00000.chunk"]


@pytest.mark.parametrize("count", [7, 14, 100, 2_000, 30_000, 864_000, 4_000_000])
def test_eras_share_the_blocks_evenly(count: int) -> None:
    timeline = plan_timeline(count)
    shares = [span.blocks for span in timeline.spans]
    assert [span.era for span in timeline.spans] == list(ERAS)
    assert sum(shares) == count
    assert max(shares) - min(shares) <= 1
    room = [span.epochs * (span.epoch_length + (span.era == 1)) for span in timeline.spans]
    assert all(share <= slots for share, slots in zip(shares, room, strict=True))
    assert timeline.k <= 2160


@pytest.mark.parametrize("count", [0, -5, 10**9])
def test_a_count_out_of_range_is_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(FatalError, match="1 to 5,000,000 blocks") as caught:
        make_sample_chain(tmp_path / "chain", count, 0)
    assert caught.value.code == "NEC-G001"
    assert not (tmp_path / "chain").exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("keep me")
    with pytest.raises(FatalError, match="never overwrites") as caught:
        make_sample_chain(tmp_path, 5, 0)
    assert (caught.value.code, caught.value.where) == ("NEC-G002", str(tmp_path))
    with pytest.raises(FatalError, match="never overwrites"):
        make_sample_chain(mine, 5, 0)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FatalError, match="cannot be written") as caught:
        make_sample_chain(tmp_path / "file" / "chain", 5, 0)
    assert caught.value.code == "NEC-G003"


def test_progress_hears_of_every_block(tmp_path: Path) -> None:
    heard: list[int] = []
    make_sample_chain(tmp_path / "chain", 30, 0, heard.append)
    assert heard == list(range(1, 31))


def test_the_command_reports_and_says_what_next(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(sample_chain)
    folder = tmp_path / "new" / "chain"
    ran = CliRunner().invoke(app, [str(folder), "--blocks", "20", "--seed", "3"])
    assert ran.exit_code == 0
    assert ran.stdout.startswith("20 blocks with ")
    assert "7 eras" in ran.stdout
    assert f"Next: cd {folder} && nectar run plan.toml" in ran.stdout
    written = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {"plan.toml", "expected.json", "expected.jsonl", "genesis/config.json", "immutable/00000.chunk"} <= written
    assert {f"genesis/{era}-genesis.json" for era in ("byron", "shelley", "alonzo", "conway")} <= written


@pytest.mark.parametrize("was_there", [False, True])
@pytest.mark.parametrize("raised", [KeyboardInterrupt, OSError])
def test_a_chain_that_is_broken_off_leaves_nothing(raised: type[BaseException], was_there: bool, tmp_path: Path) -> None:
    """So the same command can be given again."""
    folder = tmp_path / "chain"
    if was_there:
        folder.mkdir()

    def break_off(block: int) -> None:
        if block == 20:
            raise raised

    with pytest.raises((KeyboardInterrupt, FatalError)):
        make_sample_chain(folder, 30, 0, break_off)
    assert list(tmp_path.rglob("*")) == ([folder] if was_there else [])
    assert make_sample_chain(folder, 30, 0).blocks >= 30
