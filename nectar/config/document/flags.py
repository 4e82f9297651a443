"""Flags of a command line as documents to lay over a plan's file."""

from __future__ import annotations

from typing import Any

from nectar.config.document.load import Document
from nectar.config.document.positions import NOWHERE, TomlPath


def flag(name: str, path: TomlPath, value: Any, *, shown: bool = True) -> Document:
    """`value` for the key at `path`. Complaints about it name the flag; a path in it is relative to the working folder."""
    for step in reversed(path):
        value = {step: value}
    return Document(name, value, NOWHERE, shown=shown)
