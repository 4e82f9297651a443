"""Seal a profile's sealed values again with another key, and leave everything else as it is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nectar import reading
from nectar.config.complaints.collector import dotted
from nectar.config.document.positions import TomlPath
from nectar.errors import SecretError
from nectar.secrets.sealed import SealingKey, open_sealed, seal_value
from nectar.whole_file import write_whole


def rotated(profile: Path, old: SealingKey, new: SealingKey) -> int:
    """Seal all values again; returns their number. The file is replaced in one step, or not at all.

    Errors: SecretError NEC-X010 to X012 for a value that cannot be opened, NEC-X016 when the file cannot be read or written.
    """
    try:
        text = reading.read_file(profile, reading.TOML).decode()
        data = tomllib.loads(text)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not TOML"
        raise SecretError(f"the profile cannot be read: {why}", where=str(profile), code="NEC-X016") from None
    sealed_values = list(_sealed(data, ()))
    for key_path, value in sealed_values:
        if text.count(value) != 1:
            what = f"{key_path}: its sealed value stands in the file more than once, or with escapes"
            raise SecretError(what, where=str(profile), hint="seal it again by hand", code="NEC-X016")
        text = text.replace(value, seal_value(open_sealed(value, key_path, old), key_path, new))
    if sealed_values:
        _replace(profile, text.encode())
    return len(sealed_values)


def _sealed(data: Any, path: TomlPath) -> Iterator[tuple[str, str]]:
    """(key path to which it is bound, sealed text) of every sealed value."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "sealed" and isinstance(value, str):
                yield dotted(path), value
            else:
                yield from _sealed(value, (*path, key))


def _replace(profile: Path, data: bytes) -> None:
    """Replace the file, or the one that a link leads to. Owner and group stay if we may set them."""
    try:
        profile = profile.resolve(strict=True)
        before = profile.stat()
        write_whole(profile, data, mode=before.st_mode & 0o777, replace=True, owner=(before.st_uid, before.st_gid))
    except OSError as error:
        raise SecretError(f"the profile cannot be written: {error.strerror}", where=str(profile), code="NEC-X016") from None
