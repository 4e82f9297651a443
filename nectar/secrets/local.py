"""Secrets that are on this machine: a variable, a file that nobody else can read, a mounted secret, a command's output, the
system's keyring."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path

from nectar.config.server import Reference
from nectar.secrets import faults
from nectar.secrets.secret import Secret

LARGEST = 64 * 1024
COMMAND_SECONDS = 30


def from_environment(reference: Reference) -> Secret:
    value = os.environ.get(reference.value)
    if value is None:
        raise faults.missing(reference, f"the variable {reference.value} is not set", "set it, or name another one")
    return Secret(value)


def from_file(reference: Reference) -> Secret:
    """The text of a file that only we, or root, can read, without the end of its last line."""
    path = reference.folder / reference.value
    return Secret(_text(reference, path, private=True))


def from_kubernetes(reference: Reference) -> Secret:
    """A file of a mounted secret (`/var/run/secrets/nectar/password`), whose modes the cluster sets."""
    return Secret(_text(reference, reference.folder / reference.value, private=False))


def from_command(reference: Reference) -> Secret:
    """What a command prints, without the end of its last line. No shell; what it says on standard error is not shown."""
    try:
        words = shlex.split(reference.value)
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise faults.failed(reference, f"the command did not end within {COMMAND_SECONDS} s") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its quotes do not match"
        raise faults.failed(reference, f"the command cannot be run: {why}") from None
    if done.returncode != 0:
        raise faults.failed(reference, f"the command failed with exit code {done.returncode}", "run it by hand to see why")
    return Secret(_decoded(reference, done.stdout))


def from_keyring(reference: Reference) -> Secret:
    """`service/user` of the operating system's keyring (the extra `keyring`)."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise faults.no_extra(reference, "keyring") from None
    service, _, user = reference.value.rpartition("/")
    try:
        found = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise faults.failed(reference, f"the keyring cannot be used ({type(error).__name__})") from None
    if found is None:
        raise faults.missing(reference, "the keyring has no such entry", f"add it: keyring set {service} {user}")
    return Secret(found)


def private_text(path: Path, where: str) -> str:
    """A file's text, if nobody but its owner, us or root, can read it. Errors: OSError; SecretError NEC-X002."""
    handle = os.open(path, os.O_RDONLY)
    with open(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISFIFO(found.st_mode):
            raise faults.open_to_others("this is no file", where)
        if found.st_mode & 0o077:
            raise faults.open_to_others(f"others can read this file (mode {stat.S_IMODE(found.st_mode):o})", where)
        if found.st_uid not in (os.geteuid(), 0):
            raise faults.open_to_others("this file is another user's", where)
        return file.read(LARGEST + 1).decode()


def _text(reference: Reference, path: Path, *, private: bool) -> str:
    try:
        if private:
            return _one_line(reference, private_text(path, str(path)))
        with path.open("rb") as file:
            return _decoded(reference, file.read(LARGEST + 1))
    except OSError as error:
        raise faults.missing(reference, f"the file cannot be read: {error.strerror}", f"check {path}") from None
    except UnicodeDecodeError:
        raise faults.failed(reference, "it is not UTF-8 text") from None


def _decoded(reference: Reference, data: bytes) -> str:
    try:
        return _one_line(reference, data.decode())
    except UnicodeDecodeError:
        raise faults.failed(reference, "it is not UTF-8 text") from None


def _one_line(reference: Reference, text: str) -> str:
    if len(text) > LARGEST:
        raise faults.failed(reference, f"it has more than {LARGEST:,} characters")
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise faults.missing(reference, "it is empty", "put the secret there")
    return text
