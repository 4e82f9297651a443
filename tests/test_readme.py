"""The README's transcript is what the demonstration shows, but for speed, time and size.

After a change that is meant: NECTAR_UPDATE_GOLDEN=1 pytest tests/test_readme.py writes the new fingerprint; all else is changed by hand.
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


def said(line: str) -> str:
    """As every run says it."""
    for pattern in VARYING:
        line = re.sub(pattern, re.sub("[^a-zA-Z/]", "", pattern) or "-", line)
    return line.rstrip()


def shown(words: str, home: Path) -> list[str]:
    """The lines that a terminal shows, those that are drawn over too."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", on_a_terminal(*words.split(), home=home, typed=[], COLUMNS="87"))
    return [said(line) for line in re.split("[\r\n]+", plain)]


def transcript() -> list[tuple[str, list[str]]]:
    """(command, the lines below it) of the README's first transcript."""
    found = re.search(r"```\n(\$ nectar.*?)```", README.read_text(), re.DOTALL)
    assert found is not None
    parts = [part.splitlines() for part in re.split(r"^\$ nectar ", found[1], flags=re.MULTILINE)[1:]]
    return [(lines[0], [line for line in lines[1:] if line.strip()]) for lines in parts]


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each command of `make demo` shows, in a folder that has the plans."""
    home = tmp_path_factory.mktemp("demo")
    (home / "plans").symlink_to(ROOT / "plans")
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    commands = [line.partition("/nectar ")[2] for line in recipe[1].splitlines()]
    told = {command: shown(command, home) for command in commands}
    if os.environ.get("NECTAR_UPDATE_GOLDEN"):
        found = re.search("fingerprint [0-9a-f]{40}", "\n".join(told[commands[-1]]))
        assert found is not None
        README.write_text(re.sub("fingerprint [0-9a-f]{40}", found[0], README.read_text()))
    return told


@pytest.mark.parametrize(("command", "lines"), transcript(), ids=[command for command, _ in transcript()])
def test_the_transcript_is_true(command: str, lines: list[str], demonstrated: dict[str, list[str]]) -> None:
    """Line after line; where it says ... lines are left out, or the rest of a hash is."""
    there = iter(demonstrated[command])
    leaps = True
    for line in lines:
        if line.strip() == LEFT_OUT:
            leaps = True
            continue
        wanted = re.compile(re.escape(said(line)).replace(r"\.\.\.", "[0-9a-f]*"))
        for real in there:
            if wanted.fullmatch(real):
                break
            assert leaps or not real.strip() or "blocks/s" in real, f"instead of {line!r}: {real!r}"
        else:
            pytest.fail(f"not shown: {line}")
        leaps = False


def test_commands_and_transcript_are_of_one_demonstration(demonstrated: dict[str, list[str]]) -> None:
    assert [command for command, _ in transcript()] == [command for command in demonstrated if command in dict(transcript())]
    assert len(transcript()) > 1
