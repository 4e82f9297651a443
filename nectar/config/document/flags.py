"""What a command line says of a plan, as documents to lay over the plan's file."""

from __future__ import annotations

from typing import Any

from nectar.config.document.load import Document
from nectar.config.document.positions import NOWHERE, TomlPath
from nectar.config.plan.model import Processors


def flag(name: str, path: TomlPath, value: Any, *, shown: bool = True) -> Document:
    """`value` for the key at `path`. Complaints about it name the flag; a path in it is relative to the working folder."""
    for step in reversed(path):
        value = {step: value}
    return Document(name, value, NOWHERE, shown=shown)


def everything(file: str, name: str) -> Document:
    """A plan in no file: every processor on, all else left out."""
    return Document(file, {"plan": {"name": name}, "processors": dict.fromkeys(Processors.names(), True)}, NOWHERE, shown=True)
