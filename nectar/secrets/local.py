"""Secrets on this machine: a variable, a private file, a mounted secret, a command's output, the system's keyring."""

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

Reading: TypeAlias = tuple[Secret, str]
"""The secret, and what is wrong with it, "" if nothing is."""


def from_environment(reference: Reference) -> Secret:
    if reference.value not in os.environ:
        raise faults.secret_missing(reference, "the variable that is named is not set", "set it, or name another one")
    return _fit(reference, _decoded(os.fsencode(os.environ[reference.value])))


def from_file(reference: Reference) -> Secret:
    """The text of a file that only we, or root, can read, without the end of its last line."""
    path = reference.folder / reference.value
    try:
        answer = _decoded(private_bytes(path))
    except OSError as error:
        raise _file_unreadable(reference, error) from None
    return _fit(reference, answer)


def from_kubernetes(reference: Reference) -> Secret:
    """A file of a mounted secret (`/var/run/secrets/nectar/password`), whose modes the cluster sets."""
    try:
        answer = _decoded(reading.read_file(reference.folder / reference.value, reading.SECRET))
    except OSError as error:
        raise _file_unreadable(reference, error) from None
    return _fit(reference, answer)


def from_command(reference: Reference) -> Secret:
    """What a command prints, without the end of its last line. No shell runs it, and its standard error is not shown."""
    try:
        code, answer = _printed(shlex.split(reference.value))
    except subprocess.TimeoutExpired:
        raise faults.provider_failed(reference, f"the command did not end within {COMMAND_SECONDS} s") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its quotes do not match, or it has no words"
        raise faults.provider_failed(reference, f"the command cannot be run: {why}") from None
    if code != 0:
        raise faults.provider_failed(reference, f"the command failed with exit code {code}", "run it by hand to see why")
    return _fit(reference, answer)


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
        password = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise faults.provider_failed(reference, f"the keyring cannot be used ({type(error).__name__})") from None
    if not password:
        raise faults.secret_missing(reference, "the keyring has no such entry", f"add it: keyring set {service} {user}")
    return Secret(password)


def private_bytes(path: Path) -> bytes:
    """The bytes of a file that belongs to us or root and that nobody else can read. Errors: OSError; SecretError NEC-X002."""
    handle = reading.open_regular(path)
    try:
        status = os.fstat(handle)
        if status.st_mode & 0o077:
            raise faults.open_to_others(f"others can read this file (mode {stat.S_IMODE(status.st_mode):o})", str(path))
        if status.st_uid not in (os.geteuid(), 0):
            raise faults.open_to_others("this file is another user's", str(path))
        return reading.read_open(handle, reading.SECRET)
    finally:
        os.close(handle)


def _printed(words: list[str]) -> tuple[int, Reading]:
    """Run a command; returns its exit code and output. One that runs or prints too long is killed, and its pipe closed."""
    if not words:
        raise ValueError
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        until = time.monotonic() + COMMAND_SECONDS
        try:
            answer = _up_to(process.stdout.fileno(), until)
            if answer is None:
                raise subprocess.TimeoutExpired(words[0], COMMAND_SECONDS)
            if answer[1] == TOO_MUCH:
                process.kill()
                return 0, answer
            process.wait(max(until - time.monotonic(), 0.001))
        except BaseException:  # after a timeout or a signal the command does not stay behind
            process.kill()
            raise
    return process.returncode, answer


def _up_to(pipe: int, until: float) -> Reading | None:
    """Read the pipe to its end, or to the limit of a secret's size. None when the time is over before that."""
    data = b""
    while len(data) <= reading.SECRET:
        ready, _, _ = select.select([pipe], [], [], max(until - time.monotonic(), 0))
        if not ready:
            return None
        piece = os.read(pipe, reading.SECRET)
        if not piece:
            return _decoded(data)
        data += piece
    return Secret(""), TOO_MUCH


def _decoded(data: bytes) -> Reading:
    try:
        text = data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return Secret(""), "it is not UTF-8 text"
    return Secret(text), TOO_MUCH if len(data) > reading.SECRET else "" if text else "it is empty"


def _fit(reference: Reference, answer: Reading) -> Secret:
    secret, wrong = answer
    if wrong:
        raise faults.secret_missing(reference, wrong, "put the secret there")
    return secret


def _file_unreadable(reference: Reference, error: OSError) -> Exception:
    hint = f"check {reference.folder / reference.value}" if "/" in reference.value else "check its name and folder"
    return faults.secret_missing(reference, f"the file cannot be read: {error.strerror}", hint)
