"""`nectar plan validate` as people and programs see it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.commands import run_nectar
from tests.conftest import ROOT

BAD = "[processors]\nblock = true\n[sync]\nskip_existing = 3\n"


def validate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_nectar("plan", "validate", *arguments)


def bad_plan(tmp_path: Path) -> str:
    path = tmp_path / "bad.toml"
    path.write_text(BAD)
    return str(path)


def test_a_good_plan_is_echoed() -> None:
    done = validate("plans/full.toml", "plans/nft-only.toml")
    assert done.returncode == 0
    assert "full.toml: ok" in done.stdout
    assert "nft-only.toml: ok" in done.stdout


def test_text_shows_the_line_with_a_caret_and_no_colours_off_a_terminal(tmp_path: Path) -> None:
    done = validate(bad_plan(tmp_path))
    said = done.stdout + done.stderr
    assert done.returncode == 2
    assert "bad.toml:2:1" in said
    assert "NEC-P010" in said
    assert "block = true" in said
    assert "^" in said
    assert "blocks" in said
    assert "\x1b[" not in said


def test_json(tmp_path: Path) -> None:
    done = validate("--format", "json", bad_plan(tmp_path))
    assert done.returncode == 2
    text = json.dumps(json.loads(done.stdout))
    assert "NEC-P010" in text
    assert "NEC-P011" in text


def test_sarif_has_the_form_that_code_hosts_read(tmp_path: Path) -> None:
    done = validate("--format", "sarif", bad_plan(tmp_path))
    assert done.returncode == 2
    log = json.loads(done.stdout)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    for result in run["results"]:
        assert result["ruleId"] in rules
        assert result["message"]["text"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region["startColumn"] >= 1
    assert len(run["results"]) == 2


def test_github_annotations(tmp_path: Path) -> None:
    done = validate("--format", "github", bad_plan(tmp_path))
    assert done.returncode == 2
    lines = done.stdout.splitlines()
    assert sum(line.startswith("::error file=") and "line=2,col=1" in line for line in lines) == 1


def test_help_and_version_answer() -> None:
    for arguments in (["--help"], ["--version"], ["plan", "--help"], ["run", "--help"], ["plan", "compile", "--help"]):
        done = subprocess.run([sys.executable, "-m", "nectar", *arguments], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0
        assert done.stdout
