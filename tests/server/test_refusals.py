"""What a server says instead of letting in: each number, and TiDB's words for 1105, is the fault that it means."""

from __future__ import annotations

import pytest

from nectar.config.profile.model import Waits
from nectar.errors import NectarError
from nectar.mysql import login_errors
from nectar.server import faults
from nectar.server.faults import Fault
from tests.mysql import wire
from tests.server.hostile import Talk, greeting, serving
from tests.server.making import joined, server

SAID: list[tuple[int, str, Fault]] = [
    (1040, "Too many connections", faults.TOO_MANY),
    (1203, "User nectar already has more than 'max_user_connections' active connections", faults.TOO_MANY),
    (1226, "User 'nectar' has exceeded the 'max_connections_per_hour' resource (current value: 1)", faults.USER_LIMIT),
    (1044, "Access denied for user 'nectar'@'%' to database 'nectar'", faults.NO_RIGHTS),
    (1227, "Access denied; you need (at least one of) the SUPER privilege(s) for this operation", faults.NO_RIGHTS),
    (1045, "Access denied for user 'nectar'@'%' (using password: YES)", faults.ACCESS_DENIED),
    (1251, "Client does not support authentication protocol requested by server", faults.ACCESS_DENIED),
    (1698, "Access denied for user 'root'@'localhost'", faults.ACCESS_DENIED),
    (3118, "Access denied for user 'nectar'@'%'. Account is locked.", faults.ACCESS_DENIED),
    (4151, "Access denied, this account is locked", faults.ACCESS_DENIED),
    (1049, "Unknown database 'nectar'", faults.NO_DATABASE),
    (1129, "Host '192.0.2.1' is blocked because of many connection errors", faults.HOST_REFUSED),
    (1130, "Host '192.0.2.1' is not allowed to connect to this MariaDB server", faults.HOST_REFUSED),
    (3159, "Connections using insecure transport are prohibited while --require_secure_transport=ON.", faults.INSECURE),
    (1105, "Missing user name prefix. See https://docs.pingcap.com/", faults.NO_PREFIX),
    (1105, "Due to the usage quota being exhausted, access to the cluster has been restricted.", faults.QUOTA),
    (1105, "Connection limit exceeded", faults.QUOTA),
    (1105, "Connections using insecure transport are prohibited.", faults.INSECURE),
    (1105, "something else", faults.OTHER),
    (1053, "Server shutdown in progress", faults.BUSY),
    (9001, "PD server timeout", faults.BUSY),
    (2013, "Lost connection to MySQL server during query", faults.LOST),
    (4242, "nobody has seen this one", faults.OTHER),
]


@pytest.mark.parametrize("greeted", [False, True], ids=["at once", "after the greeting"])
@pytest.mark.parametrize(("code", "text", "fault"), SAID, ids=lambda one: str(one)[:24])
def test_each_refusal_is_what_it_means(code: int, text: str, fault: Fault, greeted: bool) -> None:
    def script(talk: Talk) -> None:
        if greeted:
            talk.say(greeting())
            talk.hear()
        talk.say(wire.err_packet(code, text))

    with serving(script) as listening, pytest.raises(NectarError) as caught:
        joined(server(listening.port, waits=Waits(2, 2, 2, 2)))
    assert caught.value.code == fault.code, caught.value
    assert isinstance(caught.value, fault.kind)
    assert fault is faults.LOST or text[:40] in caught.value.what


def test_every_number_of_the_table_is_tried() -> None:
    assert login_errors._SERVER.keys() <= {code for code, _, _ in SAID}
    assert [
        text for text, _ in login_errors._TEXTS if not any(text in said.lower() for code, said, _ in SAID if code == 1105)
    ] == []
