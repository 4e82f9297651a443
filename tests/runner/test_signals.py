"""Ctrl-C and SIGTERM are heard whatever is waited for: the right exit code, one message, and nothing left behind."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from nectar.errors import StoppedError
from nectar.runner.signals import Halted, Stop
from tests.cli.databases import environment, profile
from tests.interop.peers import nectar_server, running
from tests.mysql.server import Server, free_port
from tests.mysql.wire import Capability
from tests.runner.jobs import content
from tests.runner.signalled import BOTH, GENEROUS, PLAN, SAID, SAMPLE, job, started, stopped
from tests.server.hostile import CAPABILITIES, Talk, greeting, serving

# -- the runner's own waits --------------------------------------------------------------------------------------------


def test_a_wait_ends_when_the_job_is_to_stop() -> None:
    stop = Stop()
    stop.wait(0.01)
    stop.number = signal.SIGTERM
    with pytest.raises(Halted):
        stop.wait(3_600)


@BOTH
def test_while_the_node_is_tried_again(number: int, tmp_path: Path) -> None:
    stopped(["run", PLAN, "--socket", tmp_path / "none", "--db", "x.db"], tmp_path, number, '"retry"')
    assert not (tmp_path / "x.db").exists()


@BOTH
def test_while_the_database_is_tried_again(number: int, tmp_path: Path) -> None:
    stopped(job("--profile", profile(tmp_path, free_port(), "x")), tmp_path, number, '"retry"')


@BOTH
def test_while_attempts_are_limited(number: int, tmp_path: Path) -> None:
    more = "[limits]\nattempts_per_minute = 1\n"
    stopped(job("--profile", profile(tmp_path, free_port(), "x", more)), tmp_path, number, "NEC-Y041")


@BOTH
def test_while_another_holds_the_file(number: int, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        stopped(job("--db", "x.db"), tmp_path, number, "NEC-K010")
        other.execute("ROLLBACK")
    other.close()


@pytest.fixture
def hang_up() -> Iterator[int]:
    """Heard by what is started, even where the tests themselves were started with nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield signal.SIGHUP
    signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_is_closed(hang_up: int, tmp_path: Path) -> None:
    stopped(["run", PLAN, "--socket", tmp_path / "none", "--db", "x.db"], tmp_path, hang_up, '"retry"')
    kept = tmp_path / "kept"
    kept.mkdir()
    words = ["plan", "explain", PLAN, "--sample", SAMPLE]
    stopped(words, tmp_path, hang_up, lambda: any(kept.glob("nectar-sample-*")), TMPDIR=str(kept))
    assert not any(kept.iterdir())


TRIED = """
[plan]
name = "tried"
network = "preview"
[processors]
blocks = true
[[tests]]
name = "all of it"
slots = [0, 86380]
path = "{path}"
rows = {{ block = 4321 }}
"""


@BOTH
@pytest.mark.parametrize(
    "words", [["plan", "explain", PLAN, "--sample", SAMPLE], ["plan", "test", "tried.toml"]], ids=["sample", "test"]
)
def test_while_a_plan_is_tried(words: list[object], number: int, tmp_path: Path) -> None:
    """A part of the rows tells nothing: neither a sample is shown nor a test said to have failed."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / "tried.toml").write_text(TRIED.format(path=SAMPLE))
    text = stopped(words, tmp_path, number, lambda: any(kept.iterdir()), TMPDIR=str(kept))
    assert text.strip() == "interrupted"
    assert not any(kept.iterdir())


def test_nohup_outlives_the_terminal(hang_up: int, tmp_path: Path) -> None:
    signal.signal(hang_up, signal.SIG_IGN)
    with started(job("--db", "x.db"), tmp_path) as one:
        one.wait_for(lambda: '"range"' in one.text())
        one.process.send_signal(hang_up)
        assert one.process.wait(GENEROUS) == 0, one.text()


@BOTH
def test_at_the_tip(number: int, tmp_path: Path) -> None:
    with running(nectar_server(tmp_path / "s", SAMPLE)):
        text = stopped(["run", PLAN, "--socket", tmp_path / "s", "--db", "x.db"], tmp_path, number, '"tip"')
    assert "everything up to it is written" in text


# -- waits within the system, the database's client, a process ---------------------------------------------------------

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
resolve.places.__kwdefaults__["look_up"] = never
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


# -- a server that is busy ---------------------------------------------------------------------------------------------


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


# -- servers and questions of our own ----------------------------------------------------------------------------------


@BOTH
def test_while_a_node_is_stood_for(number: int, tmp_path: Path) -> None:
    where = tmp_path / "s"
    stopped(["node", "serve", SAMPLE, "--socket", where, "--network", "preview"], tmp_path, number, "ready")
    assert not where.exists()


@contextmanager
def on_a_terminal(words: Sequence[object], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "nectar", *map(str, words)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
        env=environment(HOME=str(folder), XDG_CONFIG_HOME=str(folder / "config"), TERM="xterm", COLUMNS="200"),
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def shown(terminal: int, wanted: str) -> str:
    """What it shows until `wanted`, or until it is gone."""
    text, until = "", time.monotonic() + GENEROUS
    while not wanted or wanted not in text:
        assert time.monotonic() < until, text
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                more = os.read(terminal, 65_536)
            except OSError:
                break
            if not more:
                break
            text += more.decode()
    return text


SERVER_WORDS = (
    "--type",
    "mysql",
    "--host",
    "127.0.0.1",
    "--port",
    "1",
    "--user",
    "u",
    "--database",
    "d",
    "--ssl-mode",
    "DISABLED",
)
QUESTIONS: list[tuple[list[object], list[str], str]] = [
    (["init"], [], "Which database"),
    (["init", "--type", "mysql"], [], "Host"),
    (["init", "--type", "mysql", "--host", "127.0.0.1"], [], "Port"),
    (
        ["init", "--type", "mysql", "--host", "db.example", "--port", "1", "--user", "u", "--ssl-mode", "DISABLED"],
        ["Database"],
        "Is that meant?",
    ),
    (["init", *SERVER_WORDS], [], "Where is the password kept"),
    (["init", *SERVER_WORDS, "--no-password"], [], "Write the profile all the same?"),
    (["secrets", "seal", "--passphrase"], [], "the passphrase"),
    (["secrets", "seal", "--passphrase"], ["the passphrase"], "Repeat for confirmation"),
]


@BOTH
@pytest.mark.parametrize(("words", "before", "question"), QUESTIONS, ids=[question for _, _, question in QUESTIONS])
def test_while_something_is_asked(words: list[object], before: list[str], question: str, number: int, tmp_path: Path) -> None:
    """Ctrl-C typed as the question appears, and Enter right behind it; nothing is written, and the terminal shows what is typed."""
    import termios

    with on_a_terminal(words, tmp_path) as (process, terminal):
        for answer in before:
            shown(terminal, answer)
            os.write(terminal, b"an answer\n" if "passphrase" in answer else b"\n")
        shown(terminal, question)
        if number == signal.SIGINT:
            os.write(terminal, b"\x03\n")
        else:
            process.send_signal(number)
        text = shown(terminal, "")
        assert process.wait(GENEROUS) == 128 + number, text
        assert len(SAID.findall(text)) == 1, text
        assert termios.tcgetattr(terminal)[3] & termios.ECHO
    assert not (tmp_path / "profile.toml").exists()


def test_a_signal_as_a_question_begins_is_never_lost(tmp_path: Path) -> None:
    """Raised within what Python itself calls before it waits, and dropped there."""
    code = """
import os, signal, sys
from nectar.cli import asking
from nectar.cli.exits import guard
class Drops:
    def __del__(self): os.kill(os.getpid(), signal.SIGINT); [None for _ in range(99)]
def lost(*_, **__): Drops()
asking.typer.echo = lost
sys.exit(guard(lambda: print("took", asking.ask("Which", "usual")) or 0))
"""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    os.write(ours, b"\n")
    out, _ = process.communicate(timeout=GENEROUS)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 130
    assert b"took" not in out


# -- how it is said ----------------------------------------------------------------------------------------------------


@BOTH
def test_a_stopped_job_is_told_once_on_a_terminal(number: int, tmp_path: Path) -> None:
    words = ["run", PLAN, "--socket", tmp_path / "none", "--db", "x.db"]
    with on_a_terminal(words, tmp_path) as (process, terminal):
        shown(terminal, "trying again")
        process.send_signal(number)
        text = shown(terminal, "")
        assert process.wait(GENEROUS) == 128 + number
    assert len(re.findall("as asked|interrupted", text)) == 1, text


@BOTH
def test_and_as_one_object_a_line(number: int, tmp_path: Path) -> None:
    with started(["run", PLAN, "--socket", tmp_path / "none", "--progress", "json"], tmp_path) as one:
        one.wait_for(lambda: '"retry"' in one.text())
        told: list[dict[str, Any]] = [
            json.loads(line) for line in one.ended(number).replace("stopped as asked", "", 0).splitlines()
        ]
    assert [line["event"] for line in told if "event" in line][-1] == "stopped"
    assert told[-1]["stopped"].startswith("as asked")


SLOW = """
import sys, time
import nectar.cli.app as app
def slow(arguments):
    print('{"event": "begins"}', file=sys.stderr, flush=True)
    time.sleep(600)
app.run_command_line = slow
from nectar.cli.main import main
main()
"""
"""Finding out what is asked takes long: everything that a command needs is imported then."""


@BOTH
@pytest.mark.parametrize("words", [["--progress", "json"], ["--progress=json"]])
def test_before_the_command_has_begun_too(words: list[str], number: int, tmp_path: Path) -> None:
    text = stopped(job(*words), tmp_path, number, '"begins"', code=SLOW)
    assert [json.loads(line)["event"] for line in text.splitlines()] == ["begins", "stopped"]


def test_patience_that_ends_is_an_error_and_no_stop(tmp_path: Path) -> None:
    from tests.node.jobs import node_job, node_plan

    with pytest.raises(StoppedError):
        node_job(tmp_path / "x.db", tmp_path / "none", node_plan(processors="blocks = true"))


def test_content_is_whole_after_a_break(tmp_path: Path) -> None:
    """A job that is broken off in its first batch leaves a database that the same command fills."""
    with started(job("--db", "x.db", "--progress", "json"), tmp_path) as one:
        one.wait_for(lambda: '"range"' in one.text())
        one.process.send_signal(signal.SIGTERM)
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(GENEROUS) in (0, 143)
    with started(job("--db", "x.db"), tmp_path) as again:
        assert again.process.wait(GENEROUS) == 0, again.text()
    assert len(content(tmp_path / "x.db")["block"]) == 4_321
