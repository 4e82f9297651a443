"""Find the key that opens sealed values: the first that exists of the places below."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from nectar import reading
from nectar.config.profile.model import Reference
from nectar.errors import SecretError
from nectar.secrets import faults
from nectar.secrets.local import from_environment, from_file, from_keyring, private_bytes
from nectar.secrets.sealed import SealingKey, passphrase, sealing_key
from nectar.secrets.secret import Secret

KEY, KEY_FILE, PASSPHRASE, PASSPHRASE_FILE = "NECTAR_KEY", "NECTAR_KEY_FILE", "NECTAR_PASSPHRASE", "NECTAR_PASSPHRASE_FILE"
KEYRING = "nectar/key"


def default_file() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "nectar" / "key"


def opening_key() -> SealingKey:
    """The key for sealed values.

    Errors: SecretError NEC-X013 (there is none), NEC-X014 (it cannot be used), NEC-X002 (others can read it), NEC-X001 (the
    passphrase's file cannot be read).
    """
    if os.environ.get(KEY):
        return sealing_key(from_environment(Reference("env", KEY, "the key")), KEY)
    if name := os.environ.get(KEY_FILE):
        return key_in(Path(name))
    if os.environ.get(PASSPHRASE):
        return passphrase(from_environment(Reference("env", PASSPHRASE, "the passphrase")))
    if name := os.environ.get(PASSPHRASE_FILE):
        return passphrase(from_file(Reference("file", name, "the passphrase")))
    if default_file().exists():
        return key_in(default_file())
    return _in_keyring()


def key_in(path: Path) -> SealingKey:
    """The key in a file that nobody else can read. A recipient's file may be read by others, but not written."""
    try:
        if _is_shared(path) and (key := sealing_key(Secret(reading.read_text(path, reading.SECRET)), str(path))).secret is None:
            return key
        return sealing_key(Secret(private_bytes(path).decode()), str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise faults.bad_key(str(path), f"it cannot be read: {why}") from None


def _is_shared(path: Path) -> bool:
    """Whether others may read the file and only its owner may write it."""
    mode = path.stat().st_mode
    return stat.S_ISREG(mode) and bool(mode & 0o044) and not mode & 0o022


def _in_keyring() -> SealingKey:
    try:
        return sealing_key(from_keyring(Reference("keyring", KEYRING, "the key")), f"keyring {KEYRING}")
    except SecretError as error:
        if error.code == "NEC-X014":
            raise
    looked = f"{KEY}, {KEY_FILE}, {PASSPHRASE}, {PASSPHRASE_FILE}, {default_file()}, the keyring's {KEYRING}"
    raise faults.no_key(looked)
