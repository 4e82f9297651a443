"""Secrets that are on this machine: a variable, a file that nobody else can read, a mounted secret, a command's output, the
system's keyring."""

from __future__ import annotations

import os
import select
import shlex
import stat
import subprocess
import time
from pathlib import Path
from typing import TypeAlias

from nectar import reading
from nectar.config.profile.model import Reference
from nectar.secrets import faults
from nectar.secrets.secret import Secret

COMMAND_SECONDS = 30
TOO_MUCH = f"it has more than {reading.SECRET:,} bytes"

Found: TypeAlias = tuple[Secret, str]
"""What was there, and what is wrong with it, if anything."""


def from_environment(reference: Reference) -> Secret:
    if reference.value not in os.environ:
        raise faults.secret_missing(reference, "the variable that is named is not set", "set it, or name another one")
    return _fit(reference, _found(os.fsencode(os.environ[reference.value])))


def from_file(reference: Reference) -> Secret:
    """The text of a file that only we, or root, can read, without the end of its last line."""
    path = reference.folder / reference.value
    try:
        found = _found(private_bytes(path))
    except OSError as error:
        raise _unreadable(reference, error) from None
    return _fit(reference, found)


def from_kubernetes(reference: Reference) -> Secret:
    """A file of a mounted secret (`/var/run/secrets/nectar/password`), whose modes the cluster sets."""
    try:
        found = _found(reading.read_file(reference.folder / reference.value, reading.SECRET))
    except OSError as error:
        raise _unreadable(reference, error) from None
    return _fit(reference, found)


def from_command(reference: Reference) -> Secret:
    """What a command prints, without the end of its last line. No shell; what it says on standard error is not shown."""
    try:
        code, found = _printed(shlex.split(reference.value))
    except subprocess.TimeoutExpired:
        raise faults.provider_failed(reference, f"the command did not end within {COMMAND_SECONDS} s") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its quotes do not match, or it has no words"
        raise faults.provider_failed(reference, f"the command cannot be run: {why}") from None
    if code != 0:
        raise faults.provider_failed(reference, f"the command failed with exit code {code}", "run it by hand to see why")
    return _fit(reference, found)


def from_keyring(reference: Reference) -> Secret:
    """`service/user` of the operating system's keyring (the extra `keyring`)."""
    service, _, user = reference.value.rpartition("/")
    if not (service and user):
        raise faults.provider_failed(reference, "it must read service/user", 'as in keyring = "nectar/database"')
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise faults.no_extra(reference, "keyring") from None
    try:
        found = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise faults.provider_failed(reference, f"the keyring cannot be used ({type(error).__name__})") from None
    if not found:
        raise faults.secret_missing(reference, "the keyring has no such entry", f"add it: keyring set {service} {user}")
    return Secret(found)


def private_bytes(path: Path) -> bytes:
    """What is in a file, if nobody but its owner, us or root, can read it. Errors: OSError; SecretError NEC-X002."""
    handle = reading.open_regular(path)
    try:
        found = os.fstat(handle)
        if found.st_mode & 0o077:
            raise faults.open_to_others(f"others can read this file (mode {stat.S_IMODE(found.st_mode):o})", str(path))
        if found.st_uid not in (os.geteuid(), 0):
            raise faults.open_to_others("this file is another user's", str(path))
        return reading.read_open(handle, reading.SECRET)
    finally:
        os.close(handle)


def _printed(words: list[str]) -> tuple[int, Found]:
    """A command that runs on, or prints too much, loses its pipe, and with it whatever it started."""
    if not words:
        raise ValueError
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        until = time.monotonic() + COMMAND_SECONDS
        try:
            found = _up_to(process.stdout.fileno(), until)
            if found is None:
                raise subprocess.TimeoutExpired(words[0], COMMAND_SECONDS)
            if found[1] == TOO_MUCH:
                process.kill()
                return 0, found
            process.wait(max(until - time.monotonic(), 0.001))
        except BaseException:  # too long, or a signal: it is not left behind
            process.kill()
            raise
    return process.returncode, found


def _up_to(pipe: int, until: float) -> Found | None:
    """What comes before the pipe ends, or grows beyond what a secret may have; None when time is up before that."""
    data = b""
    while len(data) <= reading.SECRET:
        ready, _, _ = select.select([pipe], [], [], max(until - time.monotonic(), 0))
        if not ready:
            return None
        piece = os.read(pipe, reading.SECRET)
        if not piece:
            return _found(data)
        data += piece
    return Secret(""), TOO_MUCH


def _found(data: bytes) -> Found:
    try:
        text = data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return Secret(""), "it is not UTF-8 text"
    return Secret(text), TOO_MUCH if len(data) > reading.SECRET else "" if text else "it is empty"


def _fit(reference: Reference, found: Found) -> Secret:
    secret, wrong = found
    if wrong:
        raise faults.secret_missing(reference, wrong, "put the secret there")
    return secret


def _unreadable(reference: Reference, error: OSError) -> Exception:
    hint = f"check {reference.folder / reference.value}" if "/" in reference.value else "check its name and folder"
    return faults.secret_missing(reference, f"the file cannot be read: {error.strerror}", hint)
