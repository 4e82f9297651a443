"""Signals end a command that waits within the system, the database's client, another process, or a busy server."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.databases import environment, profile
from tests.mysql.server import Server, free_port
from tests.mysql.wire import Capability
from tests.runner.signalled import BOTH, GENEROUS, PLAN, SAMPLE, job, started, stopped
from tests.server.hostile import CAPABILITIES, Talk, greeting, serving

NEVER = """
import ctypes, socket, sys
def never(*_, **__):
    print("looking up", file=sys.stderr, flush=True)
    lock = ctypes.create_string_buffer(64)
    libc = ctypes.CDLL(None)
    libc.pthread_mutex_lock(lock)
    libc.pthread_mutex_lock(lock)
socket.getaddrinfo = never
from nectar.server import resolve
resolve.socket_addresses.__kwdefaults__["look_up"] = never
from nectar.cli.main import main
main()
"""
"""The name service does not answer, and the system's function lets no signal's handler run meanwhile."""


@BOTH
@pytest.mark.parametrize(
    "words",
    [
        ["run", PLAN, "--source", SAMPLE, "--profile", "profile.toml"],
        ["run", PLAN, "--socket", "node.example:3001", "--db", "x.db"],
        ["db", "check", "--profile", "profile.toml"],
        ["node", "tip", "node.example:3001"],
    ],
    ids=lambda words: " ".join(map(str, words[:2])),
)
def test_while_a_name_is_looked_up(words: list[object], number: int, tmp_path: Path) -> None:
    profile(tmp_path, 3306, "x", host="db.example")
    stopped(words, tmp_path, number, "looking up", code=NEVER)


def test_a_terminal_that_is_closed_while_a_name_is_looked_up(hang_up: int, tmp_path: Path) -> None:
    stopped(["node", "tip", "node.example:3001"], tmp_path, hang_up, "looking up", code=NEVER)


def silent(talk: Talk) -> None:
    talk.wait(GENEROUS)


def silent_in_tls(talk: Talk) -> None:
    """After the client's wish for TLS, which is 32 bytes of capabilities and a frame's four."""
    talk.say(greeting(capabilities=CAPABILITIES | Capability.SSL))
    talk.hear()
    talk.wait(GENEROUS)


@BOTH
@pytest.mark.parametrize("script", [silent, silent_in_tls])
@pytest.mark.parametrize(
    "words",
    [job("--profile", "profile.toml"), ["db", "check", "--profile", "profile.toml"], ["status", "--profile", "profile.toml"]],
    ids=["run", "db check", "status"],
)
def test_while_the_server_does_not_answer(
    words: list[object], script: Callable[[Talk], None], number: int, tmp_path: Path
) -> None:
    with serving(script) as there:
        heard = lambda: bool(there.talks and (script is silent or there.talks[0].heard))  # noqa: E731
        profile(tmp_path, there.port, "x", 'ssl_mode = "PREFERRED"')
        stopped(words, tmp_path, number, heard)


@BOTH
@pytest.mark.parametrize("command", ["tip", "ping"])
def test_while_a_node_does_not_answer(command: str, number: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there, ExitStack() as held:
        port = there.getsockname()[1]
        with started(["node", command, f"127.0.0.1:{port}", "--network", "preview"], tmp_path) as one:
            held.enter_context(there.accept()[0])
            one.ended(number)


@BOTH
def test_while_a_command_tells_the_password(number: int, tmp_path: Path) -> None:
    """It is not left behind either."""
    path = profile(tmp_path, free_port(), "x")
    pid = tmp_path / "pid"
    script = tmp_path / "slow.sh"
    script.write_text(f"#!/bin/sh\necho $$ > {pid}.new; mv {pid}.new {pid}\nexec sleep 600\n")
    script.chmod(0o755)
    path.write_text(re.sub(r"password = .*", f'password = {{ command = "{script}" }}', path.read_text()))
    stopped(["db", "check", "--profile", path], tmp_path, number, pid.exists)
    until = time.monotonic() + GENEROUS
    while Path(f"/proc/{pid.read_text().strip()}").exists():
        assert time.monotonic() < until
        time.sleep(0.02)


@BOTH
@pytest.mark.parametrize(
    "words",
    [["secrets", "seal"], ["init", "--type", "mysql", "--host", "127.0.0.1", "--user", "u", "--password-stdin"]],
    ids=["seal", "init"],
)
def test_while_nothing_comes_on_standard_input(words: list[str], number: int, tmp_path: Path) -> None:
    with started(["secrets", "keygen"], tmp_path) as made:
        assert made.process.wait(GENEROUS) == 0
    with started(words, tmp_path) as one:
        one.wait_for(lambda: "pipe_r" in Path(f"/proc/{one.process.pid}/wchan").read_text() or _reads(one.process.pid))
        one.ended(number)
    assert not (tmp_path / "profile.toml").exists()


def _reads(pid: int) -> bool:
    """It waits within read(0, ..)."""
    try:
        return Path(f"/proc/{pid}/syscall").read_text().startswith("0 0x0 ")
    except OSError:
        return False


@BOTH
def test_while_nobody_reads_what_it_says(number: int, tmp_path: Path) -> None:
    """A pipe that is full. What is not said is not said; the exit code is right."""
    ours, theirs = os.pipe()
    command = [
        sys.executable,
        "-c",
        "from nectar.cli.exits import guard; import sys\ndef fill():\n while True: print('x' * 999)\nsys.exit(guard(fill))",
    ]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment())
    os.close(theirs)
    try:
        assert select.select([ours], [], [], GENEROUS)[0]
        time.sleep(0.5)
        process.send_signal(number)
        assert process.wait(GENEROUS) == 128 + number
    finally:
        process.kill()
        process.wait()
        os.close(ours)


LOST = """
import os, signal, sys, time
from nectar.cli.exits import guard
class Drops:
    def __del__(self): print("dropping", file=sys.stderr, flush=True); os.kill(os.getpid(), {number}); [None for _ in range(99)]
def wait():
    Drops()
    time.sleep(3_600)
sys.exit(guard(wait))
"""
"""What a signal raises within a destructor, a weak reference's callback, or a callback of a C library, Python drops and prints."""


@BOTH
def test_what_is_raised_where_python_drops_it_is_raised_again(number: int, tmp_path: Path) -> None:
    with started([], tmp_path, code=LOST.format(number=int(number))) as one:
        assert one.process.wait(GENEROUS) == 128 + number
        assert one.text().split() == ["dropping", "interrupted"]


# -- a server that is busy ----------------------------------------------------------------------------------------------


def _waits(server: Server, name: str, what: str) -> Callable[[], bool]:
    sql = f"SELECT count(*) FROM information_schema.processlist WHERE db = '{name}' AND state LIKE '%{what}%'"
    return lambda: server.run(sql) != [(0,)]


@BOTH
@pytest.mark.parametrize("held", ["LOCK TABLES block READ", "SELECT * FROM nectar_writer FOR UPDATE"], ids=["load", "checkpoint"])
def test_while_rows_are_loaded(held: str, number: int, server: Server, database: str, tmp_path: Path) -> None:
    """Of the batch that is broken off nothing is there, and the same command goes on."""
    path = profile(tmp_path, server.port, database)
    with started(["db", "init", PLAN, "--profile", path], tmp_path) as made:
        assert made.process.wait(GENEROUS) == 0, made.text()
    other = server.connect(database, autocommit=False)
    with other.cursor() as cursor:
        cursor.execute("INSERT INTO nectar_writer VALUES (1, 0, -1, '') ON DUPLICATE KEY UPDATE id = 1")
        other.commit()
        cursor.execute(held)
        stuck = _waits(server, database, "metadata lock" if "LOCK" in held else "")
        with started(job("--profile", path), tmp_path) as one:
            one.wait_for(lambda: stuck() and '"range"' in one.text())
            time.sleep(0.5)
            one.ended(number)
    other.close()
    assert server.run("SELECT count(*) FROM block", database) == [(0,)]
    with started(job("--profile", path), tmp_path) as again:
        assert again.process.wait(GENEROUS) == 0, again.text()
    assert server.run("SELECT count(*) FROM block", database) == [(4_321,)]


@BOTH
def test_while_indexes_are_built_on_a_server(number: int, server: Server, database: str, tmp_path: Path) -> None:
    path = profile(tmp_path, server.port, database)
    reader = server.connect(database, autocommit=False)
    with started(job("--profile", path), tmp_path) as one:
        one.wait_for(lambda: '"progress"' in one.text() and server.run("SELECT count(*) FROM tx", database) != [(0,)])
        with reader.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tx")  # holds the table's definition
        one.wait_for(_waits(server, database, "metadata lock"))
        one.ended(number)
    reader.close()
    with started(job("--profile", path), tmp_path) as again:
        assert again.process.wait(GENEROUS) == 0, again.text()
