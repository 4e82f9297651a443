"""The README's transcript shows what `make demo` prints, except speed, time and size.

After an intended change, NECTAR_UPDATE_GOLDEN=1 pytest tests/test_readme.py writes the new fingerprint; change all else by hand.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.secrets.commands import on_a_terminal

README = ROOT / "README.md"
VARYING = (r"[0-9,.]+ blocks/s", r"[0-9]:[0-9]{2}:[0-9]{2}", r"[0-9,.]+ MB", "━+")
LEFT_OUT = "..."


def without_figures(line: str) -> str:
    """The part of a line that every run prints alike."""
    for pattern in VARYING:
        line = re.sub(pattern, re.sub("[^a-zA-Z/]", "", pattern) or "-", line)
    return line.rstrip()


def terminal_lines(words: str, home: Path) -> list[str]:
    """The lines that a terminal shows, including those that it draws over."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", on_a_terminal(*words.split(), home=home, typed=[], COLUMNS="87"))
    return [without_figures(line) for line in re.split("[\r\n]+", plain)]


def transcript() -> list[tuple[str, list[str]]]:
    """(command, the lines below it) of the README's first transcript."""
    block = re.search(r"```\n(\$ nectar.*?)```", README.read_text(), re.DOTALL)
    assert block is not None
    parts = [part.splitlines() for part in re.split(r"^\$ nectar ", block[1], flags=re.MULTILINE)[1:]]
    return [(lines[0], [line for line in lines[1:] if line.strip()]) for lines in parts]


@pytest.fixture(scope="module")
def demo_output(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each command of `make demo` shows, in a folder that has the plans."""
    home = tmp_path_factory.mktemp("demo")
    (home / "plans").symlink_to(ROOT / "plans")
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    commands = [line.partition("/nectar ")[2] for line in recipe[1].splitlines()]
    output = {command: terminal_lines(command, home) for command in commands}
    if os.environ.get("NECTAR_UPDATE_GOLDEN"):
        fingerprint = re.search("fingerprint [0-9a-f]{40}", "\n".join(output[commands[-1]]))
        assert fingerprint is not None
        README.write_text(re.sub("fingerprint [0-9a-f]{40}", fingerprint[0], README.read_text()))
    return output


@pytest.mark.parametrize(("command", "lines"), transcript(), ids=[command for command, _ in transcript()])
def test_the_transcript_is_true(command: str, lines: list[str], demo_output: dict[str, list[str]]) -> None:
    """Line after line. `...` stands for lines that are left out, or for the rest of a hash."""
    printed_lines = iter(demo_output[command])
    may_skip = True
    for line in lines:
        if line.strip() == LEFT_OUT:
            may_skip = True
            continue
        wanted = re.compile(re.escape(without_figures(line)).replace(r"\.\.\.", "[0-9a-f]*"))
        for printed in printed_lines:
            if wanted.fullmatch(printed):
                break
            assert may_skip or not printed.strip() or "blocks/s" in printed, f"instead of {line!r}: {printed!r}"
        else:
            pytest.fail(f"not shown: {line}")
        may_skip = False


def test_commands_and_transcript_are_of_one_demonstration(demo_output: dict[str, list[str]]) -> None:
    assert [command for command, _ in transcript()] == [command for command in demo_output if command in dict(transcript())]
    assert len(transcript()) > 1
