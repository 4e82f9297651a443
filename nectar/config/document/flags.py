"""Flags of a command line as documents to lay over a plan's file."""

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
    """A plan without a file: every processor on, every other key left out."""
    return Document(file, {"plan": {"name": name}, "processors": dict.fromkeys(Processors.names(), True)}, NOWHERE, shown=True)
