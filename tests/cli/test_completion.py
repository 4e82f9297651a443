"""Completion in the shell: the script that is shown, and what a shell that uses it gets."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.databases import environment
from tests.conftest import ROOT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose `bin` has the command."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/nectar"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m nectar "$@"\n')
    command.chmod(0o755)
    return tmp_path


def bash(home: Path, script: str) -> str:
    shell = shutil.which("bash")
    assert shell is not None
    variables = environment(HOME=str(home), SHELL=shell) | {"PATH": f"{home / 'bin'}:/usr/bin:/bin"}
    done = subprocess.run([shell, "--norc", "-c", script], capture_output=True, text=True, cwd=ROOT, env=variables)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("nectar ", ["db", "init", "node", "plan", "run", "sample-chain", "secrets", "status", "sync"]),
        ("nectar sta", ["status"]),
        ("nectar node p", ["ping"]),
        ("nectar run --work", ["--workers"]),
        ("nectar run --progress j", ["json"]),
    ],
)
def test_what_a_shell_gets(home: Path, line: str, wanted: list[str]) -> None:
    words = line.split(" ")
    fill = " ".join(f"'{word}'" for word in words)
    script = f"""eval "$(nectar --show-completion bash)"
COMP_WORDS=({fill}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; COMP_POINT={len(line)}
_nectar_completion nectar '{words[-1]}' ''
printf '%s\\n' "${{COMPREPLY[@]}}\""""
    got = bash(home, script).split()
    assert set(wanted) <= set(got)
    assert all(one.startswith(words[-1]) for one in got)


def test_it_can_be_installed(home: Path) -> None:
    (home / ".bashrc").write_text("# mine\n")
    script = "nectar --install-completion; exit $?"  # bash stays the parent, whose name is looked up, since a command follows
    assert "installed" in bash(home, script)
    assert (home / ".bashrc").read_text().startswith("# mine\n")
    assert "_nectar_completion" in next(home.glob(".bash_completions/*")).read_text()
