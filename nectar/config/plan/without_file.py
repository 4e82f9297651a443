"""The plan of a command that is given none."""

from __future__ import annotations

from nectar.config.document.load import Document
from nectar.config.document.positions import NOWHERE
from nectar.config.plan.keys import Processors


def everything(file: str, name: str) -> Document:
    """A plan without a file: every processor on, every other key left out. `file` is the name that complaints give."""
    keys = {"plan": {"name": name}, "processors": dict.fromkeys(Processors.names(), True)}
    return Document(file, keys, NOWHERE, shown=True)
