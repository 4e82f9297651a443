"""What every command says of itself, and of a word that it does not know: all of them, at every level."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from nectar.cli.app import app, run_command_line
from nectar.cli.exits import Exit
from nectar.errors import FatalError, PlanError
from tests.conftest import ROOT

Words = tuple[str, ...]


def commands() -> Iterator[tuple[Words, Any]]:
    """(how it is called, the command), groups first."""
    waiting: list[tuple[Words, Any]] = [((), typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop()
        yield words, command
        if hasattr(command, "list_commands"):
            context = typer.Context(command)
            waiting += [((*words, name), command.get_command(context, name)) for name in command.list_commands(context)]


ALL = list(commands())
GROUPS = [words for words, command in ALL if hasattr(command, "list_commands")]
OPTIONS = [
    (words, name)
    for words, command in ALL
    for one in command.params
    for name in one.opts
    if name.startswith("--") and not one.hidden
]


def said(words: Words, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = run_command_line(words)
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_these_are_all_of_them() -> None:
    names = {" ".join(words) for words, _ in ALL}
    assert names >= {"run", "sync", "status", "init", "plan validate", "db schema", "secrets seal", "node ping", "sample-chain"}
    assert len(OPTIONS) > 80


@pytest.mark.parametrize("words", [words for words, _ in ALL if words], ids=" ".join)
def test_a_mistyped_command_is_told_what_was_meant(words: Words, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said((*words[:-1], words[-1] + words[-1][-1]), capsys)
    assert code == Exit.TEXT
    assert f"'{words[-1]}'" in text.partition("Did you mean")[2]


@pytest.mark.parametrize(
    ("word", "home"), [("validate", "plan validate"), ("seal", "secrets seal"), ("serve", "node serve"), ("check", "db check")]
)
def test_a_command_without_its_noun_is_told_where_it_is(word: str, home: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said((word,), capsys)
    assert code == Exit.TEXT
    assert f"nectar {home}" in text


@pytest.mark.parametrize(("words", "option"), OPTIONS, ids=lambda one: one if isinstance(one, str) else " ".join(one))
def test_a_mistyped_option_is_told_what_was_meant(words: Words, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said((*words, option + option[-1]), capsys)
    assert code == Exit.TEXT
    assert re.search(rf"(Did you mean|Possible options:).*{option}\b", text)


@pytest.mark.parametrize("words", GROUPS, ids=lambda words: " ".join(words) or "nectar")
def test_summaries_are_whole_on_a_narrow_terminal(
    words: Words, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, text = said((*words, "--help"), capsys)
    assert code == Exit.DONE
    listed = text.partition("Commands:\n")[2].splitlines()
    inside = dict(commands())
    for line in listed:
        name, _, summary = line.strip().partition("  ")
        assert summary.strip().endswith("."), line
        assert "..." not in summary
        words_of = inside[(*words, name)].help.split("\n\n")[0].replace("\n", " ")
        assert summary.strip().rstrip(".") in words_of or not words
    assert len(listed) == sum(len(other) == len(words) + 1 and other[:-1] == words for other, _ in ALL)


@pytest.mark.parametrize("words", [words for words, _ in ALL], ids=lambda words: " ".join(words) or "nectar")
def test_every_option_says_what_it_does(words: Words) -> None:
    for one in dict(ALL)[words].params:
        assert one.hidden or one.name == "help" or one.help, one.name


def test_exit_codes_are_in_one_table() -> None:
    text = (ROOT / "docs/errors.md").read_text()
    told = [int(code) for line in re.findall(r"^\| ([0-9, ]+) \|", text, re.MULTILINE) for code in line.split(",")]
    assert told == sorted(Exit)
    assert (FatalError("x").exit_code, PlanError.exit_code) == (Exit.ACT, Exit.TEXT)
    for path in ROOT.glob("docs/*.md"):
        mentioned = re.findall(r"\bexit codes? ((?:[0-9]+(?:, | or | and |))+)", path.read_text(), re.IGNORECASE)
        assert {int(code) for one in mentioned for code in re.findall("[0-9]+", one)} <= set(told), path.name


def test_exit_codes_in_help_are_in_the_table() -> None:
    told = {words: re.findall(r"xit codes?[^.]*", command.help or "") for words, command in ALL}
    codes = {words: {int(code) for text in texts for code in re.findall(r"\b[0-9]+\b", text)} for words, texts in told.items()}
    assert all(found <= set(Exit) for found in codes.values())
    assert Exit.DIFFERS in codes[("db", "schema")]
