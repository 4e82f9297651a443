"""Where the key that opens sealed values is: the first of these that is there."""

from __future__ import annotations

import os
from pathlib import Path

from nectar.config.server import Reference
from nectar.errors import SecretError
from nectar.secrets import faults
from nectar.secrets.local import from_keyring, private_text
from nectar.secrets.sealed import Key, key_of, passphrase
from nectar.secrets.secret import Secret

KEY, KEY_FILE, PASSPHRASE, PASSPHRASE_FILE = "NECTAR_KEY", "NECTAR_KEY_FILE", "NECTAR_PASSPHRASE", "NECTAR_PASSPHRASE_FILE"
KEYRING = "nectar/key"


def default_file() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "nectar" / "key"


def opening_key() -> Key:
    """Errors: SecretError NEC-X013 (none), NEC-X014 (none that can be used), NEC-X002 (others can read it)."""
    if text := os.environ.get(KEY):
        return key_of(text, KEY)
    if name := os.environ.get(KEY_FILE):
        return key_in(Path(name))
    if text := os.environ.get(PASSPHRASE):
        return passphrase(Secret(text))
    if name := os.environ.get(PASSPHRASE_FILE):
        return passphrase(Secret(_read(Path(name)).rstrip("\r\n")))
    if default_file().exists():
        return key_in(default_file())
    try:
        return key_of(from_keyring(Reference("keyring", KEYRING, "key")).reveal(), f"keyring {KEYRING}")
    except SecretError as error:
        if error.code == "NEC-X014":
            raise
    looked = f"{KEY}, {KEY_FILE}, {PASSPHRASE}, {PASSPHRASE_FILE}, {default_file()}, the keyring's {KEYRING}"
    raise faults.no_key(looked)


def key_in(path: Path) -> Key:
    """The key in a file that nobody else can read; a recipient's may be read by everybody."""
    return key_of(_read(path), str(path))


def _read(path: Path) -> str:
    try:
        return private_text(path, str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise faults.bad_key(str(path), f"it cannot be read: {why}") from None
