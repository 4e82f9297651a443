"""Which of the three forms a connection text has."""

from __future__ import annotations

from nectar.config.profile.dsn.command import is_command, read_command
from nectar.config.profile.dsn.go import read_go
from nectar.config.profile.dsn.parts import DsnKeys
from nectar.config.profile.dsn.url import is_url, read_url


def read_dsn(text: str) -> DsnKeys:
    """The keys that the text says. Errors: DsnError; NEC-P060 when a password stands in it. No error repeats any of the text."""
    text = text.strip()
    if is_command(text):
        return read_command(text)
    return read_url(text) if is_url(text) else read_go(text)
