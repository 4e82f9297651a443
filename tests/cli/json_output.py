"""The commands that print JSON, and the schema that their output keeps to."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema

from tests.cli.inside import nectar as inside
from tests.cli.test_help import ALL
from tests.conftest import ROOT

SCHEMA = json.loads((ROOT / "schemas/output.schema.json").read_text())


def agrees(part: str, value: Any) -> None:
    """`value` is valid by the definition of that name in schemas/output.schema.json."""
    jsonschema.Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": SCHEMA["$defs"]}).validate(value)


def lines_of(stderr: str) -> list[dict[str, Any]]:
    """The objects of standard error, one a line. Each is valid by the definition of a line."""
    objects = [json.loads(line) for line in stderr.splitlines()]
    for line in objects:
        agrees("line", line)
    return objects


def in_json() -> list[tuple[str, ...]]:
    """Every command that has a switch for JSON, with the switch, as its help has it."""
    helps = {words: inside(*words, "--help", home=ROOT).out for words, command in ALL if not hasattr(command, "list_commands")}
    found = {words: re.search(r"(--\w+) +[\[<](?:\w+\|)*json\b", text) for words, text in helps.items()}
    return [(*words, switch[1], "json") for words, switch in found.items() if switch]


JSON_COMMANDS = in_json()
