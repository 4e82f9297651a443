"""Secrets on this machine: variables, files, mounted secrets, commands, keyrings, all real ones."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyrings.alt.file import PlaintextKeyring

from nectar.config.profile.model import Reference
from nectar.errors import SecretError
from nectar.secrets import local
from nectar.secrets.registry import resolve_secret
from tests.secrets.commands import environment, nectar

SECRET = "planted-Hunter2 \u00fc"


def of(kind: str, value: object, folder: Path = Path()) -> str:
    return resolve_secret(Reference(kind, str(value), "database.password", folder)).reveal()


def refused(kind: str, value: object, folder: Path = Path()) -> SecretError:
    with pytest.raises(SecretError) as caught:
        of(kind, value, folder)
    assert SECRET not in str(caught.value)
    assert str(caught.value).startswith(f"{kind} = ") or caught.value.code == "NEC-X002"
    return caught.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


def test_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", SECRET)
    assert of("env", "PLANTED") == SECRET
    monkeypatch.setenv("PLANTED", "")
    assert refused("env", "PLANTED").code == "NEC-X001"
    monkeypatch.setitem(os.environ, "PLANTED", os.fsdecode(b"\xff"))
    assert "UTF-8" in refused("env", "PLANTED").what
    monkeypatch.delenv("PLANTED")
    assert refused("env", "PLANTED").where == "env = PLANTED"


@pytest.mark.parametrize("kind", ["env", "file", "kubernetes", "vault", "aws", "keyring", "command"])
def test_a_password_in_the_place_of_a_reference_is_not_repeated(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The most natural mistake: password = { env = "hunter2" }."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    error = refused(kind, "hunter2", tmp_path)
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_file_without_its_last_lines_end(file: Path, end: str) -> None:
    file.write_bytes((SECRET + end).encode())
    assert of("file", file) == SECRET
    assert of("file", "password", file.parent) == SECRET
    file.write_bytes((SECRET + " \nmore" + end).encode())
    assert of("file", file) == SECRET + " \nmore"


@pytest.mark.parametrize("mode", range(0o600, 0o700))
def test_no_file_that_group_or_others_can_touch(file: Path, mode: int) -> None:
    file.chmod(mode)
    if mode & 0o77:
        error = refused("file", file)
        assert error.code == "NEC-X002"
        assert f"mode {mode:o}" in error.what
        assert "chmod 600" in error.hint
    else:
        assert of("file", file) == SECRET


def test_a_link_is_judged_by_what_it_leads_to(file: Path) -> None:
    link = file.parent / "link"
    link.symlink_to(file)
    assert of("file", link) == SECRET
    file.chmod(0o644)
    assert refused("file", link).code == "NEC-X002"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_no_file_of_another_user(file: Path) -> None:
    os.chown(file, 12_345, 12_345)
    assert "another user's" in refused("file", file).what


@pytest.mark.parametrize("kind", ["file", "kubernetes"])
def test_a_pipe_is_no_file(kind: str, tmp_path: Path) -> None:
    """Whoever opened it would wait for a writer."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "it is a pipe" in refused(kind, tmp_path / "pipe").what


@pytest.mark.parametrize("kind", ["file", "kubernetes"])
def test_files_that_are_none(file: Path, kind: str) -> None:
    assert "No such file" in refused(kind, file.parent / "none").what
    assert str(file.parent / "none") in refused(kind, file.parent / "none").hint
    assert refused(kind, file.parent).code in ("NEC-X001", "NEC-X002")
    for data, what in ((b"", "empty"), (b"\n", "empty"), (b"\xff", "UTF-8"), (b"x" * 70_000, "more than 65,536 bytes")):
        file.write_bytes(data)
        assert what in refused(kind, file).what


def test_a_mounted_secret(tmp_path: Path) -> None:
    """As the kubelet lays it out and exchanges it: ..data leads to a folder with a date, files lead through ..data; mode 0644."""
    for number, secret in enumerate((SECRET, SECRET + "2")):
        dated = tmp_path / f"..2026_01_0{number + 1}"
        dated.mkdir()
        (dated / "password").write_text(secret)
        (dated / "password").chmod(0o644)
    (tmp_path / "..data").symlink_to("..2026_01_01")
    (tmp_path / "password").symlink_to("..data/password")
    assert of("kubernetes", tmp_path / "password") == SECRET
    assert of("kubernetes", "password", tmp_path) == SECRET
    (tmp_path / "..data_tmp").symlink_to("..2026_01_02")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    assert of("kubernetes", tmp_path / "password") == SECRET + "2"
    assert refused("file", tmp_path / "password").code == "NEC-X002"


def python(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def test_a_command() -> None:
    assert of("command", python(f"print({SECRET!r})")) == SECRET
    assert of("command", "printf '%s' 'a  b$HOME;|`x`'") == "a  b$HOME;|`x`"


def test_a_command_is_told_nothing_and_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert of("command", python("import sys; sys.stderr.write('noise'); print(repr(sys.stdin.read()))")) == "''"
    assert capfd.readouterr() == ("", "")


def test_a_command_may_end_after_what_it_prints() -> None:
    assert of("command", python(f"import os, time; os.write(1, {SECRET.encode()!r}); os.close(1); time.sleep(0.3)")) == SECRET


def test_commands_that_fail() -> None:
    failing = refused("command", python(f"import sys; print({SECRET!r}); sys.stderr.write({SECRET!r}); sys.exit(7)"))
    assert "exit code 7" in failing.what
    assert failing.code == "NEC-X003"
    assert "No such file" in refused("command", "/no/such/command --token=secret").what
    assert "--token" not in str(refused("command", "/no/such/command --token=x"))
    for nonsense in ("echo 'x", " "):
        assert "cannot be run" in refused("command", nonsense).what
    assert "empty" in refused("command", "true").what
    assert "UTF-8" in refused("command", "printf '\\377'").what
    assert "more than" in refused("command", python("print('x' * 70_000)")).what


def test_a_command_that_does_not_end_and_leaves_a_child_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "COMMAND_SECONDS", 1)
    began = time.monotonic()
    error = refused("command", f"""sh -c "echo '{SECRET}'; sleep 600; true" """)
    assert "did not end" in error.what
    assert time.monotonic() - began < 300


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[PlaintextKeyring]:
    """A keyring in a file, in the place of this machine's."""
    before = keyring.get_keyring()
    made = PlaintextKeyring()
    made.file_path = str(tmp_path / "ring.cfg")
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_a_keyring(ring: PlaintextKeyring) -> None:
    keyring.set_password("nectar/prod", "db", SECRET)
    assert of("keyring", "nectar/prod/db") == SECRET
    assert "keyring set nectar/prod other" in refused("keyring", "nectar/prod/other").hint
    for nonsense in ("db", "/db", "nectar/"):
        assert "service/user" in refused("keyring", nonsense).what


def test_no_keyring_at_all() -> None:
    import keyring.backends.fail

    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    try:
        assert "NoKeyringError" in refused("keyring", "nectar/db").what
    finally:
        keyring.set_keyring(before)


def test_the_key_itself_in_a_keyring(tmp_path: Path) -> None:
    """In processes of their own: the keyring's file is found by the keyring's own configuration."""
    variables = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring", "XDG_DATA_HOME": str(tmp_path / "data")}
    key = nectar("secrets", "keygen", "--out", "-", home=tmp_path).stdout.strip()
    put = [sys.executable, "-m", "keyring", "set", "nectar", "key"]
    subprocess.run(put, input=key.encode(), check=True, env=environment(tmp_path, variables))
    line = nectar("secrets", "seal", home=tmp_path, given=SECRET, variables=variables).stdout
    assert nectar("secrets", "open", line.split('"')[1], home=tmp_path, variables=variables).stdout == SECRET + "\n"
    assert "NEC-X013" in nectar("secrets", "open", line.split('"')[1], home=tmp_path, code=1).stderr
