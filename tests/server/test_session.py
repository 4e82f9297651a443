"""A connection whose beginning failed is not used."""

from __future__ import annotations

import pytest

from nectar.config.profile.model import PoolSettings
from nectar.errors import NectarError
from nectar.mysql.connector import Connector
from nectar.secrets.secret import Secret
from nectar.sinks.mysql.session import MODE, ServerSession
from tests.mysql import errors
from tests.mysql.faults import Act, Answer, Drop, FaultPlan, LoseAnswer, at
from tests.mysql.programs import MARIADB, MYSQL, PASSWORD
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.server.making import server

pytestmark = pytest.mark.servers(MARIADB, MYSQL)


@pytest.mark.parametrize(
    "act", [errors.TIKV_BUSY, errors.QUOTA, errors.WRITE_CONFLICT, Answer(1064, "what?"), Drop(), LoseAnswer()], ids=str
)
def test_what_must_be_set_is_set_whatever_happened_before(act: Act, secured: Server) -> None:
    with Proxy(secured.address, FaultPlan([at("SET SESSION sql_mode", act)])) as proxy:
        session = ServerSession(
            Connector(server(proxy.port), lambda: Secret(PASSWORD)), PoolSettings(1, 240, 300), (("net_write_timeout", "77"),)
        )
        with pytest.raises(NectarError):
            session.execute("SELECT 1")
        assert session.metrics.snapshot().in_use == 0
        assert session.rows("SELECT @@sql_mode, @@net_write_timeout") == [(MODE, 77)]
        session.drop()
        assert proxy.connections == 2


def test_what_may_be_set_is_noted_when_it_is_not(secured: Server) -> None:
    said = "no\x1b[2J\nway " + "x" * 1_000
    with Proxy(secured.address, FaultPlan([at("net_write_timeout", Answer(1238, said))])) as proxy:
        session = ServerSession(
            Connector(server(proxy.port), lambda: Secret(PASSWORD)),
            PoolSettings(1, 240, 300),
            (("net_write_timeout", "77"), ("net_read_timeout", "78")),
        )
        assert session.rows("SELECT @@net_read_timeout") == [(78,)]
        (note,) = session.notes
        assert note.startswith("the server does not take SET net_write_timeout = 77: no")
        assert note.isprintable()
        assert len(note) < 400
        session.drop()
