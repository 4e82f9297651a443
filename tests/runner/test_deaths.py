"""Threads and processes that die in the middle of a job: it ends at once, with one clear error, and nothing half-written."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nectar.errors import FatalError
from nectar.runner.threads import Crew
from nectar.server.ssh_tunnel import _pump
from tests.cli.databases import environment, profile
from tests.conftest import ROOT
from tests.interop.peers import nectar_server, running
from tests.mysql.server import Server
from tests.runner.jobs import content

SAMPLE = ROOT / "tests/data/preview/immutable"
GENEROUS = 60

IN_THE_RUNNER = {
    "a listener has no memory": """
real = Connection.recv
def recv(self):
    if os.getpid() == RUNNER: raise MemoryError
    return real(self)
Connection.recv = recv""",
    "a listener ends without a word": "pool.Processes._listen = lambda self, pipe: None",
    "a listener is ended": """
def ended(self, pipe): raise SystemExit
pool.Processes._listen = ended""",
    "a decoding process has no memory": """
def do(self, batch): raise MemoryError
worker.Worker.do = do""",
    "a decoding process has no memory to read a batch": """
real = Connection.recv
def recv(self):
    if os.getpid() != RUNNER: raise MemoryError
    return real(self)
Connection.recv = recv""",
    "a decoding process has no memory to answer": """
real = Connection.send
def send(self, what):
    if os.getpid() != RUNNER: raise MemoryError
    return real(self, what)
Connection.send = send""",
    "a decoding process is gone": """
def do(self, batch): os._exit(7)
worker.Worker.do = do""",
    "a decoding process is killed": """
def do(self, batch): os.kill(os.getpid(), 9)
worker.Worker.do = do""",
    "a decoding process's reader is gone": """
pool._receive = lambda pipe, given: os._exit(1)""",
    "no process is to be had": """
def fork(): raise BlockingIOError(11, "Resource temporarily unavailable")
os.fork = fork""",
    "no thread is to be had": """
real = threading.Thread.start
def start(self):
    if self.name.startswith("nectar-") and self.name != "nectar-signals": raise RuntimeError("can't start new thread")
    real(self)
threading.Thread.start = start""",
    "the runner has no memory": """
def tell(self, slot, share): raise MemoryError
committer.Committer.tell = tell""",
}
ALONE = {
    "the decoding thread has no memory": IN_THE_RUNNER["a decoding process has no memory"],
    "the decoding thread ends without a word": "threads.Crew._work = lambda self: None",
    "the decoding thread is ended": """
def work_(self): raise SystemExit
threads.Crew._work = work_""",
    "no thread is to be had": IN_THE_RUNNER["no thread is to be had"],
}
ON_A_NODE = {
    "the reader has no memory": """
def events(self, session, reader):
    raise MemoryError
    yield
source.NodeSource._events = events""",
    "the reader ends without a word": "read_ahead.ReadAheadQueue._read = lambda self: None",
    "the reader is ended": """
def read(self): raise SystemExit
read_ahead.ReadAheadQueue._read = read""",
    "the decoding thread ends without a word": ALONE["the decoding thread ends without a word"],
}
ON_A_SERVER = {
    "a writer has no memory": """
def commit(self, covered, done, live=False): raise MemoryError
committer.Committer.commit = commit""",
    "writers end without a word": "threads.Crew._work = lambda self: None",
}
HEAD = """
import os, sys, threading
from multiprocessing.connection import Connection
from nectar.runner import threads
from nectar.runner.committing import committer
from nectar.runner.decoding import pool, worker
from nectar.runner.follow import read_ahead
from nectar.sources.node import source
RUNNER = os.getpid()
"""
TAIL = """
from nectar.cli.main import main
main()
"""


def ended(injected: str, words: list[object], folder: Path, code: int = 1) -> str:
    """What the job says; it ends by itself, and no other thread says anything."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + injected + TAIL, *map(str, words)],
        cwd=folder,
        env=environment(HOME=str(folder)),
        capture_output=True,
        text=True,
        timeout=GENEROUS,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    return done.stderr


def plan(folder: Path) -> Path:
    """Small batches, so that there are many."""
    path = folder / "plan.toml"
    path.write_text(f"""
[plan]
network = "preview"
[source]
kind = "immutable"
path = "{SAMPLE}"
[sync]
start = "origin"
[processors]
blocks = true
transactions = true
[performance]
batch_blocks = 100
""")
    return path


def told(text: str) -> None:
    assert re.findall("NEC-R0(?:03|11)", text), text
    assert len(re.findall('"event": "error"', text)) == 1, text


@pytest.mark.parametrize("name", IN_THE_RUNNER)
def test_with_decoding_processes(name: str, tmp_path: Path) -> None:
    told(ended(IN_THE_RUNNER[name], ["run", plan(tmp_path), "--db", "x.db", "--workers", 2], tmp_path))
    whole_so_far(tmp_path / "x.db")


@pytest.mark.parametrize("name", ALONE)
def test_with_a_decoding_thread(name: str, tmp_path: Path) -> None:
    told(ended(ALONE[name], ["run", plan(tmp_path), "--db", "x.db", "--workers", 1], tmp_path))
    whole_so_far(tmp_path / "x.db")


@pytest.mark.parametrize("name", ON_A_NODE)
def test_on_a_node(name: str, tmp_path: Path) -> None:
    with running(nectar_server(tmp_path / "s", SAMPLE)):
        told(
            ended(ON_A_NODE[name], ["run", plan(tmp_path), "--socket", tmp_path / "s", "--db", "x.db", "--workers", 1], tmp_path)
        )
    whole_so_far(tmp_path / "x.db")


@pytest.mark.parametrize("name", ON_A_SERVER)
def test_on_a_server(name: str, server: Server, database: str, tmp_path: Path) -> None:
    words: list[object] = ["run", plan(tmp_path), "--profile", profile(tmp_path, server.port, database), "--workers", 2]
    told(ended(ON_A_SERVER[name], words, tmp_path))
    assert server.run("SELECT count(*) FROM block", database) == [(0,)]


def test_a_connection_that_could_not_be_made_ahead_is_made_when_it_is_wanted(
    server: Server, database: str, tmp_path: Path
) -> None:
    injected = """
from nectar.sinks.mysql import session
def connect(self): raise MemoryError
session.ServerSession.connect = connect"""
    words: list[object] = ["run", plan(tmp_path), "--profile", profile(tmp_path, server.port, database), "--workers", 2]
    assert "a connection could not be made ahead" in ended(injected, words, tmp_path, 0)
    assert server.run("SELECT count(*) FROM block", database) == [(4_321,)]


def whole_so_far(database: Path) -> None:
    """What is covered is there, and nothing else."""
    if not database.exists():
        return
    found = content(database)
    covered = found["nectar_coverage"][0][2] if found["nectar_coverage"] else -2
    slots = [row[3] for row in found["block"] if row[3] is not None]
    assert max(slots, default=-2) <= covered


def test_who_waits_for_a_thread_that_died_is_told() -> None:
    crew = Crew(1, "nectar-test")
    died = threading.Event()

    def work() -> Any:
        died.set()
        return None

    assert crew.settled(crew.submit(work))
    crew.close()  # as if it had died: nobody is there any more
    died.wait(GENEROUS)
    waiting = crew.submit(work)
    with pytest.raises(FatalError) as caught:
        crew.settled(waiting)
    assert caught.value.code == "NEC-R003"


@pytest.mark.parametrize("error", [MemoryError, OSError, EOFError, SystemExit])
def test_a_tunnel_that_dies_is_seen_by_the_connection(error: type[BaseException]) -> None:
    ours, theirs = socket.socketpair()

    def take(_count: int) -> bytes:
        raise error

    def pump() -> None:
        with suppress(SystemExit):
            _pump(take, theirs.sendall, lambda: theirs.shutdown(socket.SHUT_RDWR))

    with ours, theirs:
        thread = threading.Thread(target=pump)
        thread.start()
        ours.settimeout(GENEROUS)
        assert ours.recv(1) == b""
        thread.join()


def test_a_client_of_the_node_server_is_cut_off_when_it_cannot_be_answered(tmp_path: Path) -> None:
    """Its chain cannot be read any further: the job tries again, and never waits for ever."""
    injected = """
from nectar.nodeserver import server
async def broken(self): raise MemoryError
server._Client._answer_in_order = broken"""
    code = HEAD + injected + TAIL
    words: list[str | Path] = ["node", "serve", SAMPLE, "--socket", tmp_path / "s", "--network", "preview"]
    with running([sys.executable, "-c", code, *words]):
        text = ended(
            "from nectar.runner import retry; retry.TRIES = 2",
            ["run", plan(tmp_path), "--socket", tmp_path / "s", "--db", "x.db"],
            tmp_path,
        )
    assert "NEC-W002" in text
