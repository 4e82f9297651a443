"""A new file that only its owner reads."""

from __future__ import annotations

from pathlib import Path

from nectar.whole_file import write_whole


def write_new(path: Path, text: str) -> None:
    """Its folder is made too. Errors: OSError; FileExistsError when it is there: it stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, text, mode=0o600)
