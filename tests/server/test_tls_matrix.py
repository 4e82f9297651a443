"""Five modes against every kind of server: each connects, or fails for its reason, as MySQL says of `--ssl-mode`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from nectar.config.profile.model import SslMode
from nectar.errors import ConnectError
from nectar.server import faults
from nectar.server.faults import Fault
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server, here
from tests.server.conftest import CERTIFIED, Papers, started
from tests.server.making import asked, joined, server

MODES = tuple(SslMode)
NOT_LOADED = {MYSQL: ("expired", "early", "wrong CA")}
"""Certificates that a server does not take itself, so that a client does not meet them there."""
PLAIN, TLS = "plain", "TLS"
Cell = Fault | str
#                     DISABLED              PREFERRED             REQUIRED              VERIFY_CA             VERIFY_IDENTITY
MATRIX: dict[str, tuple[Cell, Cell, Cell, Cell, Cell]] = {
    "good": (PLAIN, TLS, TLS, TLS, TLS),
    "expired": (PLAIN, TLS, TLS, faults.EXPIRED, faults.EXPIRED),
    "early": (PLAIN, TLS, TLS, faults.NOT_YET, faults.NOT_YET),
    "self-signed": (PLAIN, TLS, TLS, faults.SELF_SIGNED, faults.SELF_SIGNED),
    "wrong name": (PLAIN, TLS, TLS, TLS, faults.WRONG_NAME),
    "wrong CA": (PLAIN, TLS, TLS, faults.UNKNOWN_CA, faults.UNKNOWN_CA),
    "X509 wanted": (faults.ACCESS_DENIED, faults.ACCESS_DENIED, faults.ACCESS_DENIED, faults.ACCESS_DENIED, faults.ACCESS_DENIED),
    "X509 shown": (faults.ACCESS_DENIED, TLS, TLS, TLS, TLS),
    "X509 strange": (faults.ACCESS_DENIED, *(faults.CLIENT_CERTIFICATE,) * 4),
    "no TLS": (PLAIN, PLAIN, faults.NOT_OFFERED, faults.NOT_OFFERED, faults.NOT_OFFERED),
    "old TLS": (PLAIN, faults.OLD_TLS, faults.OLD_TLS, faults.OLD_TLS, faults.OLD_TLS),
}
CAUSES = {
    faults.EXPIRED: "certificate has expired",
    faults.NOT_YET: "not valid yet",
    faults.SELF_SIGNED: "self-signed",
    faults.UNKNOWN_CA: "authority that is not trusted",
    faults.WRONG_NAME: "'localhost'",
    faults.ACCESS_DENIED: "Access denied for user 'certified'",
    faults.CLIENT_CERTIFICATE: "client certificate",
    faults.NOT_OFFERED: "offers no TLS",
    faults.OLD_TLS: "no TLS version in common",
}
"""What the message must say, beside its code."""


@contextlib.contextmanager
def _servers(program: str, papers: Papers, names: list[str]) -> Iterator[Server]:
    """The options that the cases of one server start need."""
    old = ["--tls-version=TLSv1.1", "--ssl-cipher=ALL:@SECLEVEL=0"]
    options = {"no TLS": [here(program).no_tls], "old TLS": [*papers.options, *old]}.get(names[0], papers.options)
    with started(*options, name=program) as one:
        yield one


def _connected(one: Server, papers: Papers, name: str, mode: SslMode) -> str:
    client = {"X509 shown": papers.client, "X509 strange": papers.stranger}.get(name)
    to = server(one.port, mode, papers.ca.pair.certificate, client)
    if name.startswith("X509"):
        to = server(one.port, mode, papers.ca.pair.certificate, client, user=CERTIFIED)
    with joined(to) as connection:
        assert asked(connection, "SELECT 1") == [(1,)]
        ((_, version),) = asked(connection, "SHOW STATUS LIKE 'Ssl_version'")
        assert version == connection.facts.secured.version
        return TLS if version else PLAIN


@pytest.mark.servers(MARIADB, MYSQL)
@pytest.mark.parametrize("names", [[n for n in MATRIX if n not in ("no TLS", "old TLS")], ["no TLS"]], ids=lambda n: n[0])
def test_every_mode_against_every_server(program: str, papers: Papers, names: list[str]) -> None:
    _compare(program, papers, names)


def test_a_server_of_old_tls_alone(program: str, papers: Papers) -> None:
    """MySQL has none before 1.2."""
    _compare(program, papers, ["old TLS"])


def _compare(program: str, papers: Papers, names: list[str]) -> None:
    wrong = []
    with _servers(program, papers, names) as one:
        for name in [name for name in names if name not in NOT_LOADED.get(program, ())]:
            if name in papers.leaves:
                papers.show(name, one)
            if name.startswith("X509"):
                papers.show("good", one)
            for mode, expected in zip(MODES, MATRIX[name], strict=True):
                told = _told(one, papers, name, mode, expected)
                if told:
                    wrong.append(f"{name}, {mode.value}: {told}")
    assert not wrong, "\n".join(wrong)


def _told(one: Server, papers: Papers, name: str, mode: SslMode, expected: Cell) -> str:
    """What is wrong with the cell; "" when nothing is."""
    try:
        got: Cell = _connected(one, papers, name, mode)
    except ConnectError as error:
        if isinstance(expected, str):
            return f"{expected} expected, refused: {error.code} {error}"
        if (
            error.code != expected.code
            or CAUSES[expected] not in str(error)
            or not error.hint
            or str(one.port) not in error.where
        ):
            return f"{expected.code} expected with {CAUSES[expected]!r}, not {error.code} {error}"
        return ""
    return "" if got == expected else f"{expected} expected, connected: {got}"


@pytest.mark.servers(MARIADB, MYSQL)
def test_what_is_known_of_a_connection(secured: Server, papers: Papers) -> None:
    import hashlib

    with joined(server(secured.port, SslMode.VERIFY_IDENTITY, papers.ca.pair.certificate)) as connection:
        facts = connection.facts
        assert facts.secured.version == "TLSv1.3"
        assert facts.secured.cipher == asked(connection, "SHOW STATUS LIKE 'Ssl_cipher'")[0][1]
        assert facts.secured.certificate == papers.leaves["good"].der == facts.secured.chain[0]
        assert facts.secured.fingerprint == hashlib.sha256(papers.leaves["good"].der).hexdigest()
        assert facts.server_version == asked(connection, "SELECT @@version")[0][0]
        assert facts.connection_id == asked(connection, "SELECT CONNECTION_ID()")[0][0]
        assert facts.address == "127.0.0.1"
        assert 0 < facts.secured.seconds < facts.login_seconds
        assert not connection.get_autocommit()


@pytest.mark.servers(MARIADB, MYSQL)
def test_an_address_is_checked_against_the_certificate_too(secured: Server, papers: Papers) -> None:
    to = server(secured.port, SslMode.VERIFY_IDENTITY, papers.ca.pair.certificate, host="127.0.0.1")
    joined(to).close()
    papers.show("wrong name", secured)
    try:
        with pytest.raises(ConnectError, match=r"another name.*127\.0\.0\.1"):
            joined(to)
    finally:
        papers.show("good", secured)
