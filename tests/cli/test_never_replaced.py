"""What is not Nectar's is never taken away nor overwritten: sockets, files, folders, links, whatever names them."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nectar.errors import ConnectError, DecodeError
from nectar.runner.committing.committer import write_block
from nectar.server.audit import AuditLog
from nectar.whole_file import write_whole
from tests.cli.test_node import SAMPLE, nectar
from tests.conftest import ROOT
from tests.interop.peers import nectar_server, running

PLAN = ROOT / "plans/preview-sample.toml"
TEXT = "a user's own\n"


def _file(path: Path) -> None:
    path.write_text(TEXT)


def _link(path: Path) -> None:
    (path.parent / "target").write_text(TEXT)
    path.symlink_to(path.parent / "target")


def _dangling(path: Path) -> None:
    path.symlink_to(path.parent / "nothing")


OTHERS: dict[str, Callable[[Path], None]] = {
    "a file": _file,
    "a folder": Path.mkdir,
    "a FIFO": os.mkfifo,
    "a link to a file": _link,
    "a link to nothing": _dangling,
}


def _looks(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Everything in the folder: kind, number, content."""
    return {
        path.name: (path.lstat().st_mode, path.lstat().st_ino, path.read_text() if path.is_file() else "")
        for path in folder.iterdir()
    }


def _serves(where: Path, *more: object, code: int = 1) -> str:
    return nectar("node", "serve", SAMPLE, "--network", "preview", "--socket", where, *more, code=code).stderr


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("begins", [True, False], ids=["it would serve", "it could not serve anyway"])
def test_serving_takes_no_place_of_others(kind: str, begins: bool, tmp_path: Path) -> None:
    OTHERS[kind](tmp_path / "s")
    before = _looks(tmp_path)
    if begins:
        assert "NEC-V003" in _serves(tmp_path / "s", "--limit", 5)
    else:
        nectar("node", "serve", tmp_path / "none", "--network", "preview", "--socket", tmp_path / "s", code=1)
    assert _looks(tmp_path) == before


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(5)
        yield listener


def test_a_socket_that_answers_is_refused(tmp_path: Path) -> None:
    with _listening(tmp_path / "s"):
        before = _looks(tmp_path)
        assert "somebody listens at this socket already" in _serves(tmp_path / "s", "--limit", 5)
        assert _looks(tmp_path) == before
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))


def test_another_server_of_ours_is_refused_and_goes_on(tmp_path: Path) -> None:
    with running(nectar_server(tmp_path / "s", SAMPLE)):
        before = _looks(tmp_path)
        assert "NEC-V003" in _serves(tmp_path / "s", "--limit", 5)
        assert _looks(tmp_path) == before
        assert "Node-to-Client" in nectar("node", "ping", tmp_path / "s", "--network", "preview").stdout
    assert _looks(tmp_path) == {}


def test_a_nodes_socket_that_is_left_over_is_refused(tmp_path: Path) -> None:
    with _listening(tmp_path / "s"):
        pass
    before = _looks(tmp_path)
    assert "did not make" in _serves(tmp_path / "s", "--limit", 5)
    assert _looks(tmp_path) == before


@contextmanager
def _server(where: Path) -> Iterator[subprocess.Popen[str]]:
    words = nectar_server(where, SAMPLE)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith("ready")
            yield server
        finally:
            server.kill()


def test_a_socket_that_a_killed_server_left_is_replaced(tmp_path: Path) -> None:
    with _server(tmp_path / "s"):
        pass
    assert {"s", "s.lock"} == _looks(tmp_path).keys()
    with running(nectar_server(tmp_path / "s", SAMPLE)):
        assert "Node-to-Client" in nectar("node", "ping", tmp_path / "s", "--network", "preview").stdout
    assert _looks(tmp_path) == {}


def test_another_socket_in_a_killed_servers_place_is_refused(tmp_path: Path) -> None:
    with _server(tmp_path / "s"):
        pass
    (tmp_path / "s").unlink()
    with _listening(tmp_path / "s"):
        pass
    assert "did not make" in _serves(tmp_path / "s", "--limit", 5)
    assert stat.S_ISSOCK((tmp_path / "s").lstat().st_mode)


def test_at_its_end_a_server_takes_only_its_own_socket_away(tmp_path: Path) -> None:
    with _server(tmp_path / "s") as server:
        (tmp_path / "s").unlink()
        with _listening(tmp_path / "s"):
            server.send_signal(signal.SIGTERM)
            server.wait(60)
            assert stat.S_ISSOCK((tmp_path / "s").lstat().st_mode)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(tmp_path / "s"))


@pytest.mark.parametrize("kind", OTHERS)
def test_what_stands_in_the_locks_place_stays(kind: str, tmp_path: Path) -> None:
    OTHERS[kind](tmp_path / "s.lock")
    before = _looks(tmp_path)
    assert "NEC-V003" in _serves(tmp_path / "s", "--limit", 5)
    assert _looks(tmp_path) == before


@pytest.mark.parametrize("name", ["plan.json", "schema.sql", "deferred.sql"])
@pytest.mark.parametrize("kind", OTHERS)
def test_compiling_replaces_its_own_files_alone(kind: str, name: str, tmp_path: Path) -> None:
    OTHERS[kind](tmp_path / name)
    before = _looks(tmp_path)
    assert "NEC-C001" in nectar("plan", "compile", PLAN, "--out", tmp_path, code=1).stderr
    assert _looks(tmp_path) == before
    forced = nectar("plan", "compile", PLAN, "--out", tmp_path, "--force", code=0 if kind == "a file" else 1)
    assert ("NEC-C001" in forced.stderr) == (kind != "a file")
    if kind == "a file":
        nectar("plan", "compile", ROOT / "plans/full.toml", "--out", tmp_path)
        assert json.loads((tmp_path / "plan.json").read_text())["plan"]["name"] == "full"
    elif kind == "a link to a file":
        assert (tmp_path / "target").read_text() == TEXT


@pytest.mark.parametrize("kind", OTHERS)
def test_a_plan_is_written_into_no_others_place(kind: str, tmp_path: Path) -> None:
    OTHERS[kind](tmp_path / "plan.toml")
    before = _looks(tmp_path)
    assert "NEC-C002" in nectar("plan", "new", "full", "--out", tmp_path / "plan.toml", code=1).stderr
    assert _looks(tmp_path) == before


@pytest.mark.parametrize("kind", OTHERS)
def test_a_key_is_written_into_no_others_place(kind: str, tmp_path: Path) -> None:
    OTHERS[kind](tmp_path / "key")
    before = _looks(tmp_path)
    assert "NEC-X015" in nectar("secrets", "keygen", "--out", tmp_path / "key", code=1).stderr
    assert _looks(tmp_path) == before


@pytest.mark.parametrize("kind", OTHERS)
def test_with_force_only_files_are_replaced(kind: str, tmp_path: Path) -> None:
    OTHERS[kind](tmp_path / "x")
    before = _looks(tmp_path)
    if kind == "a file":
        write_whole(tmp_path / "x", "new", replace=True)
        assert (tmp_path / "x").read_text() == "new"
        return
    with pytest.raises(OSError, match="no regular file"):
        write_whole(tmp_path / "x", "new", replace=True)
    assert _looks(tmp_path) == before


@pytest.mark.parametrize("replace", [True, False])
def test_a_file_that_cannot_be_written_whole_is_not_there_at_all(
    replace: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "x", "new" * 1_000, replace=replace)
    assert _looks(tmp_path) == {}


def test_a_record_of_attempts_is_added_to_no_others_file(tmp_path: Path) -> None:
    for name, text in (("plan.toml", TEXT), ("notes", "{}\n"), ("other.jsonl", '{"at": 1}\n')):
        (tmp_path / name).write_text(text)
        with pytest.raises(ConnectError) as caught:
            AuditLog(tmp_path / name).ready()
        assert caught.value.code == "NEC-Y042"
        assert (tmp_path / name).read_text() == text
    (tmp_path / "rotated").touch()
    AuditLog(tmp_path / "rotated").ready()


@pytest.mark.parametrize("kind", ["a file", "a folder", "a link to a file", "a link to nothing"])
def test_a_block_that_is_kept_apart_replaces_nothing(kind: str, tmp_path: Path) -> None:
    error = DecodeError("wrong", slot=7, block_hash=bytes(32), raw=b"\x82\x07")
    folder = tmp_path / "x.quarantine"
    assert write_block(folder, error) == f"its bytes are in {folder}/7-{'0' * 16}.block"
    assert write_block(folder, error).startswith("its bytes are in")
    (folder / f"7-{'0' * 16}.block").unlink()
    OTHERS[kind](folder / f"7-{'0' * 16}.block")
    before = _looks(folder)
    assert "could not be kept" in write_block(folder, error)
    assert _looks(folder) == before
    _file(tmp_path / "y.quarantine")
    assert "could not be kept" in write_block(tmp_path / "y.quarantine", error)
    assert (tmp_path / "y.quarantine").read_text() == TEXT
