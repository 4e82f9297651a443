"""Nodes whose handshake goes wrong, and addresses that nobody answers at: each ends in its own error, in time."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest
from cbor2 import dumps

from nectar.errors import NectarError, TransientError
from nectar.sources.node import connection, handshake, mux
from nectar.sources.node.connection import NodeAddress, connect_to_node, parse_address
from nectar.sources.node.session import Greeting, open_session, versions_of
from tests.node.peers import Act, Peer, check, half_close, hurry, in_time, in_turn, peers, read_one, says, segment

LOST, SLOW, BROKEN = "NEC-W002", "NEC-W003", "NEC-W004"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


# -- the handshake ---------------------------------------------------------------------------------------------------


def _refuses(message: bytes) -> Act:
    def act(peer: Peer) -> None:
        peer.next()
        peer.say(mux.HANDSHAKE, message)
        peer.until_gone()

    return act


def _answers(data: bytes, *, stays: bool = True) -> Act:
    def act(peer: Peer) -> None:
        peer.next()
        says(data, stays=stays)(peer)

    return act


ACCEPT = segment(mux.HANDSHAKE, handshake.accept(16, 2))
GREETINGS: tuple[tuple[str, Act, str, str], ...] = (
    ("silent", Peer.until_gone, SLOW, "an answer to the handshake within 0.3 s"),
    ("closes at once", lambda _peer: None, LOST, "lost: "),
    ("closes when it has read", read_one, LOST, "the other side closed it"),
    ("closes for writing", half_close, LOST, "the other side closed it"),
    (
        "garbage",
        says(b"\xff" * 64),
        BROKEN,
        "a segment of protocol 32767, which is none, marked as the node's and 65,535 bytes long",
    ),
    ("zeros", says(bytes(64)), BROKEN, "an empty segment of handshake"),
    ("HTTP", says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", stays=False), BROKEN, "485454502f312e31"),
    ("SSH", says(b"SSH-2.0-OpenSSH_9.6\r\n"), BROKEN, "5353482d322e302d"),
    ("garbage in a segment", _answers(segment(mux.HANDSHAKE, b"\xff\xff\xff")), BROKEN, "no message"),
    (
        "no CBOR of a handshake",
        _answers(segment(mux.HANDSHAKE, dumps({"a": 1}))),
        BROKEN,
        "an answer to the offered versions was expected",
    ),
    ("half an accept", _answers(ACCEPT[:11]), SLOW, "an answer to the handshake"),
    ("half an accept in a whole segment", _answers(segment(mux.HANDSHAKE, ACCEPT[8:11])), SLOW, "an answer to the handshake"),
    ("half an accept and the end", _answers(ACCEPT[:11], stays=False), LOST, "the other side closed it"),
    ("half a segment's head", _answers(ACCEPT[:5]), SLOW, "an answer to the handshake"),
    ("a block instead", _answers(segment(mux.CHAIN_SYNC, b"\x81\x01")), BROKEN, "protocol 5 (chain-sync)"),
    ("the client's direction", _answers(mux.segments(mux.HANDSHAKE, ACCEPT[8:])), BROKEN, "marked as a client's"),
    ("an echo", in_turn(lambda peer: says(mux.segments(*peer.next()))(peer)), BROKEN, "marked as a client's"),
    ("an empty segment", _answers(segment(mux.HANDSHAKE, b"")), BROKEN, "an empty segment of handshake"),
    ("refuses versions", _refuses(handshake.refuse_versions([24, 25])), "NEC-W005", "it speaks V24 to V25, Nectar V9 to V23"),
    ("refuses all versions", _refuses(handshake.refuse_versions([])), "NEC-W005", "it speaks none"),
    (
        "refuses the magic",
        _refuses(handshake.refuse(23, "version data mismatch: 2 /= 1")),
        "NEC-W006",
        "refuses preview (network magic 2): version data mismatch: 2 /= 1",
    ),
    (
        "cannot decode",
        _refuses(dumps([2, [1, 0x8017, "unknown encoding"]])),
        "NEC-W007",
        "it cannot read what it was offered: unknown encoding",
    ),
    ("accepts another magic", _refuses(handshake.accept(16, 1)), "NEC-W006", "it is of the network with magic 1"),
    ("accepts a version of tomorrow", _refuses(handshake.accept(24, 2)), BROKEN, "it accepts version 24, which was not offered"),
    ("accepts a version of nodes", _refuses(dumps([1, 13, [2, False]])), BROKEN, "13 is not a version of Node-to-Client"),
    ("accepts without data", _refuses(dumps([1, 0x8010, None])), BROKEN, "version 16 says None of itself"),
    (
        "answers a question nobody asked",
        _refuses(handshake.versions_reply(2)),
        BROKEN,
        "an answer to the offered versions was expected",
    ),
    ("proposes itself", _refuses(handshake.propose(2)), BROKEN, "an answer to the offered versions was expected"),
    ("a length that never comes", _answers(segment(mux.HANDSHAKE, b"\x5b" + b"\x7f" * 8)), SLOW, "an answer to the handshake"),
    ("an accept without its last bytes", _answers(segment(mux.HANDSHAKE, handshake.accept(23, 2))[:-3]), SLOW, "handshake"),
    ("HTTP when it has read", _answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), BROKEN, "Node-to-Client"),
    ("garbage when it has read", _answers(bytes(range(7, 200))), BROKEN, "Node-to-Client"),
    ("no CBOR", _answers(segment(mux.HANDSHAKE, b"\xff\xff")), BROKEN, "no message"),
    ("another message", _refuses(dumps([7, 1])), BROKEN, "offered versions"),
    ("the client's direction, all of it", _answers(mux.segments(mux.HANDSHAKE, handshake.accept(23, 2))), BROKEN, "client's"),
    ("accepts a version far off", _refuses(handshake.accept(99, 2)), BROKEN, "version 99"),
    ("accepts another magic by a new version", _refuses(handshake.accept(23, 1)), "NEC-W006", "magic 1"),
    ("refuses without magics", _refuses(handshake.refuse(23, "version data mismatch")), "NEC-W006", "preview"),
    ("older versions only", _refuses(handshake.refuse_versions([1, 2])), "NEC-W005", "V1 to V2"),
)


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
@pytest.mark.parametrize(("act", "code", "text"), [case[1:] for case in GREETINGS], ids=[case[0] for case in GREETINGS])
def test_a_handshake_that_fails_says_how(act: Act, code: str, text: str, tcp: bool, tmp_path: Path) -> None:
    with peers(None if tcp else tmp_path / "s", act) as (_, where), in_time(), pytest.raises(NectarError) as caught:
        open_session(Greeting(parse_address(where), "preview", 2))
    check(caught.value, code, text)
    assert caught.value.where == where


def test_a_node_that_speaks_no_version_in_common_still_says_which(tmp_path: Path) -> None:
    for number, (message, spoken) in enumerate(
        (
            (handshake.refuse_versions([24, 25]), {24: -1, 25: -1}),
            (handshake.versions_reply(2, [16, 17]), {16: 2, 17: 2}),
            (handshake.accept(12, 2), {12: 2}),
            (b"\x00", {}),
        )
    ):
        with peers(tmp_path / f"{number}", _refuses(message)) as (_, where):
            assert versions_of(Greeting(parse_address(where), "preview", 2)) == spoken


# -- addresses -------------------------------------------------------------------------------------------------------


def test_no_such_socket_is_said(tmp_path: Path) -> None:
    check(_no_connection(tmp_path / "none"), "NEC-W001", "there is no such socket")


def test_a_socket_that_nobody_listens_at_is_said(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "left"))
    check(_no_connection(tmp_path / "left"), "NEC-W001", "nobody listens there")


def test_a_port_that_nobody_listens_at_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        check(_no_connection(f"127.0.0.1:{taken.getsockname()[1]}"), "NEC-W001", "nobody listens there")


def test_a_file_that_is_no_socket_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no socket")
    check(_no_connection(tmp_path / "file"), "NEC-W001", "this is no socket")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_socket_cannot_be_reached(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no socket")
    error = _no_connection(tmp_path / "file" if kind == "file" else tmp_path)
    check(error, "NEC-W001", "the node cannot be reached")
    assert error.hint


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    check(_no_connection(tmp_path / ("x" * 200)), "NEC-W001", "path too long")


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check(_no_connection(tmp_path / "file" / "node.socket"), "NEC-W001", "not a directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_forbidden_socket_is_said(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        (tmp_path / "s").chmod(0)
        check(_no_connection(tmp_path / "s"), "NEC-W001", "permission denied")


def test_a_socket_whose_queue_is_full_cannot_be_reached(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen(0)
        waiting = connect_to_node(NodeAddress(path=str(tmp_path / "s")), 0.2)
        error = _no_connection(tmp_path / "s", 0.2)
        waiting.close()
    check(error, "NEC-W001", "the node cannot be reached")


REASONS = (
    (errno.EACCES, "permission denied", "may write to the socket"),
    (errno.ENOTSOCK, "this is no socket", "--socket-path"),
    (errno.EHOSTUNREACH, "no route to the host", "network"),
    (errno.ENETUNREACH, "the network is unreachable", "network"),
    (errno.EMFILE, "too many open files", "check the address"),
)


@pytest.mark.parametrize(("number", "text", "hint"), REASONS)
def test_what_the_system_says_is_put_into_words(number: int, text: str, hint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_where: NodeAddress, _seconds: float) -> socket.socket:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(connection, "_stream", fails)
    error = _no_connection("node.socket")
    check(error, "NEC-W001", text)
    assert hint in error.hint


def test_a_host_that_has_no_address_is_said() -> None:
    check(_no_connection("no-such-host.invalid:3001"), "NEC-W001", "its name is not known")


def _no_connection(where: Path | str, seconds: float = 2.0) -> NectarError:
    with in_time(), pytest.raises(NectarError) as caught:
        connect_to_node(parse_address(where), seconds)
    assert caught.value.where == str(where)
    return caught.value


def test_addresses_that_nobody_answers_at(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "dead"))
    listener.close()
    for where, words in (("nothing", "no such socket"), ("file", "nobody listens|no socket"), ("dead", "nobody listens")):
        with pytest.raises(TransientError, match=words) as caught:
            open_session(Greeting(parse_address(tmp_path / where), "preview", 2))
        assert caught.value.code == "NEC-W001"
    with pytest.raises(TransientError, match="nobody listens"):
        open_session(Greeting(parse_address("127.0.0.1:9"), "preview", 2))
    with pytest.raises(TransientError, match="name"):
        open_session(Greeting(parse_address("no-such-host.invalid:3001"), "preview", 2))


def test_what_is_a_path_and_what_is_a_host() -> None:
    assert parse_address("/ipc/node.socket") == NodeAddress(path="/ipc/node.socket")
    assert parse_address("node.socket") == NodeAddress(path="node.socket")
    assert parse_address("localhost:3001") == NodeAddress(host="localhost", port=3001)
    assert parse_address("[::1]:3001") == NodeAddress(host="::1", port=3001)
    assert parse_address("./a:3001") == NodeAddress(path="./a:3001")
    assert str(parse_address("[::1]:3001")) == "[::1]:3001"
