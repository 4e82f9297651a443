"""A server that asks for files: only those that a statement offers go out, each in its turn."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from nectar.errors import ConnectError
from nectar.mysql.load_data import Load
from nectar.server import faults
from tests.mysql import wire
from tests.server.hostile import Talk, answering, greeting, let_in, serving
from tests.server.logging_in import PASSWORD, SOON, STATEMENTS, quick, refused
from tests.server.making import joined, server

__all__ = ["quick"]
PLANTED = "what only this machine knows"


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("local_infile", [False, True])
def test_no_file_is_sent_in_answer_to_anything(name: str, local_infile: bool, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.write_text(PLANTED)

    def script(talk: Talk) -> None:
        let_in(talk)
        while (command := talk.hear()) and (b"AUTOCOMMIT" in command.upper() or b"SET NAMES" in command):
            talk.say(wire.ok_packet(status=0))
        talk.say(b"\xfb" + str(planted).encode())
        at = len(talk.heard)
        talk.hear()
        raise AssertionError(f"it answered: {bytes(talk.heard[at:])!r}")

    with serving(script) as listening:
        connection = joined(server(listening.port, waits=SOON), PASSWORD, local_infile=local_infile)
        with pytest.raises(ConnectError, match="asked for a file") as caught:
            STATEMENTS[name](connection)
        assert caught.value.code == faults.FILE_ASKED.code
        assert not connection.open
    assert PLANTED.encode() not in listening.heard
    assert not listening.heard.endswith(b"\0\0\0\x02")  # nor an empty file: that is an answer too


def test_a_load_is_answered_once_and_by_its_own_token_alone() -> None:
    def twice(talk: Talk, command: bytes) -> None:
        token = command.split(b"'")[1]
        talk.say(b"\xfb" + token)
        while talk.hear():
            pass
        talk.say(b"\xfb" + token)

    def guessed(talk: Talk, command: bytes) -> None:
        talk.say(b"\xfb" + command.split(b"'")[1] + b"x")

    def never(talk: Talk, command: bytes) -> None:
        talk.say(wire.ok_packet(affected=1, status=0))

    for answer, often in ((twice, 1), (guessed, 0), (never, 0)):
        with serving(answering(answer, b"LOAD")) as listening:
            connection = joined(server(listening.port, waits=SOON), PASSWORD, local_infile=True)
            with pytest.raises(ConnectError) as caught:
                connection.load_local("LOAD DATA LOCAL INFILE 'nectar:data' INTO TABLE t", [b"the-", b"rows"])
            assert caught.value.code == faults.FILE_ASKED.code
            assert not connection.open
        assert listening.heard.count(b"the-rows") == often


@pytest.mark.parametrize("fault", ["the other first", "the first twice", "one alone", None])
def test_of_several_loads_each_has_its_file_in_its_turn(fault: str | None) -> None:
    def script(talk: Talk, command: bytes) -> None:
        one, other = (part.split(b"'")[1] for part in command.split(b";\n") if part.startswith(b"LOAD"))
        asked: dict[str | None, list[bytes | None]]
        asked = {"the other first": [other], "the first twice": [one, one], "one alone": [one, None], None: [one, other]}
        tokens = asked[fault]
        talk.say(wire.ok_packet(status=9))
        for left, token in enumerate(tokens, 1 - len(tokens)):
            if token is not None:
                talk.say(b"\xfb" + token)
                while talk.hear():
                    pass
            talk.say(wire.ok_packet(1, status=9 if left else 1))

    load = "LOAD DATA LOCAL INFILE 'nectar:data' INTO TABLE t"
    with serving(answering(script, b"BEGIN")) as listening:
        connection = joined(server(listening.port, waits=SOON), PASSWORD, local_infile=True)
        statements: list[str | Load] = ["BEGIN", Load(load, [b"first-", b"rows"]), Load(load, [b"other-rows"])]
        if fault is None:
            assert [told.changed for told in connection.several(statements)] == [0, 1, 1]
        else:
            with pytest.raises(ConnectError) as caught:
                list(connection.several(statements))
            assert caught.value.code == faults.FILE_ASKED.code
        assert connection.open == (fault is None)
    assert listening.heard.count(b"first-rows") == (fault != "the other first")
    assert listening.heard.count(b"other-rows") == (fault is None)


def test_who_does_not_listen_to_the_end_has_no_transaction() -> None:
    """What the first statements did is looked at before any file goes out."""

    def script(talk: Talk, command: bytes) -> None:
        talk.say(wire.ok_packet(0, status=9))
        talk.say(b"\xfb" + command.split(b"'")[1])
        talk.hear()

    with serving(answering(script, b"UPDATE")) as listening:
        connection = joined(server(listening.port, waits=SOON), PASSWORD, local_infile=True)
        load = Load("LOAD DATA LOCAL INFILE 'nectar:data' INTO TABLE t", [b"the-rows"])
        with closing(connection.several(["UPDATE w SET seq = 2 WHERE seq = 1", load])) as answers:
            assert next(answers).changed == 0
        assert not connection.open
    assert b"the-rows" not in listening.heard


def test_a_file_asked_for_while_logging_in(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.write_text(PLANTED)

    def script(talk: Talk) -> None:
        talk.say(greeting())
        talk.hear()
        talk.say(b"\xfb" + str(planted).encode())
        talk.hear()

    error, heard = refused(script)
    assert error.code == faults.NOT_MYSQL.code
    assert PLANTED.encode() not in heard
