"""New files that only their owner may read."""

from __future__ import annotations

from pathlib import Path

from nectar.whole_file import write_whole


def write_new(path: Path, text: str) -> None:
    """Writes a new file, and makes its folder. Errors: FileExistsError, and the file stays as it is; other OSErrors."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, text, mode=0o600)
