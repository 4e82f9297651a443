"""No way back to plain text: whatever somebody between does to the greeting or the handshake, nothing follows it in the open."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable

import pytest

from nectar.config.profile.model import SslMode, Waits
from nectar.errors import ConnectError, NectarError
from nectar.server import faults, tls
from tests.mysql import wire
from tests.mysql.programs import MARIADB, MYSQL, PASSWORD, USER
from tests.mysql.server import Server
from tests.mysql.wire import Capability
from tests.server.conftest import Papers
from tests.server.hostile import CAPABILITIES, Script, Talk, greeting, serving
from tests.server.making import asked, joined, server
from tests.server.recorder import recording

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

DEMANDED = sorted(tls.DEMANDED, key=lambda mode: mode.value)
SSL_REQUEST = 4 + 32  # bytes: header, capabilities, largest packet, character set, filler
OFFERING = CAPABILITIES | Capability.SSL


def _stripped(first: bytes) -> bytes:
    """The server's greeting, as if it had no TLS."""
    shown = wire.parse_greeting(first[4:])
    return wire.frame(wire.build_greeting(shown._replace(capabilities=shown.capabilities & ~Capability.SSL)), first[3])


@pytest.mark.parametrize("mode", DEMANDED)
def test_a_greeting_whose_tls_was_taken_out(mode: SslMode, secured: Server, papers: Papers) -> None:
    sent: list[bytes] = []
    with recording(secured.port, _stripped) as wired:
        with pytest.raises(ConnectError, match="offers no TLS") as caught:
            joined(server(wired.port, mode, papers.ca.pair.certificate))
        sent.append(wired.captured)
    assert caught.value.code == faults.NOT_OFFERED.code
    assert USER.encode() not in sent[0]


def test_only_preferred_is_content_with_that(secured: Server) -> None:
    """As MySQL's own: which is why the profile wants `allow_insecure` for it off this machine."""
    with recording(secured.port, _stripped) as wired, joined(server(wired.port, SslMode.PREFERRED)) as connection:
        assert asked(connection, "SELECT 1") == [(1,)]
        assert connection.secured.version == ""
        assert USER.encode() in wired.captured


def _after_the_request(answer: Callable[[Talk], None]) -> Script:
    def script(talk: Talk) -> None:
        talk.say(greeting(capabilities=OFFERING))
        talk.hear()
        answer(talk)

    return script


ANSWERS: dict[str, Callable[[Talk], None]] = {
    "OK in the open": lambda talk: talk.say(wire.ok_packet()),
    "an error in the open": lambda talk: talk.say(wire.err_packet(1045, "TLS is off today, come without")),
    "another greeting": lambda talk: talk.say(greeting()),
    "another plugin": lambda talk: talk.say(b"\xfemysql_clear_password\0"),
    "junk": lambda talk: talk.raw(bytes(range(256)) * 4),
    "text": lambda talk: talk.raw(b"HTTP/1.1 200 OK\r\n\r\n"),
    "nothing": lambda talk: None,
    "an alert": lambda talk: talk.raw(b"\x15\x03\x03\x00\x02\x02\x28"),
    "the client's own words": lambda talk: talk.raw(talk.stream.recv(4096)),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("mode", [SslMode.PREFERRED, *DEMANDED])
def test_nothing_but_tls_follows_the_request_for_it(name: str, mode: SslMode) -> None:
    with serving(_after_the_request(ANSWERS[name])) as listening, pytest.raises(NectarError) as caught:
        joined(server(listening.port, mode, waits=Waits(2, 2, 2, 2)))
    assert caught.value.code in {faults.BAD_TLS.code, faults.LOST.code, faults.OLD_TLS.code}, caught.value
    assert len(listening.talks) == 1  # not even a second attempt
    assert listening.heard[SSL_REQUEST : SSL_REQUEST + 1] in (b"\x16", b"\x15", b"")  # a TLS record: a handshake, an alert
    assert USER.encode() not in listening.heard
    assert PASSWORD.encode() not in listening.heard


def test_what_was_said_before_tls_counts_for_nothing(secured: Server, papers: Papers) -> None:
    """A whole login's answer, put behind the greeting by somebody between: the login goes on as if it had not been there."""

    def crowded(first: bytes) -> bytes:
        return first + wire.frame(wire.err_packet(1045, "go away"), 3) + wire.frame(wire.ok_packet(), 4)

    ca = papers.ca.pair.certificate
    with recording(secured.port, crowded) as wired, joined(server(wired.port, SslMode.VERIFY_IDENTITY, ca)) as connection:
        assert connection.secured.version == "TLSv1.3"
        assert asked(connection, "SELECT CURRENT_USER()") == [(f"{USER}@%",)]
    assert USER.encode() + b"\0" not in wired.captured


def test_the_version_that_is_least(papers: Papers) -> None:
    """A server that has 1.0 and 1.1 alone; one that has 1.2 alone."""
    for version, expected in ((ssl.TLSVersion.TLSv1, None), (ssl.TLSVersion.TLSv1_1, None), (ssl.TLSVersion.TLSv1_2, "TLSv1.2")):
        seen: list[str | None] = []

        def answer(talk: Talk, version: ssl.TLSVersion = version, seen: list[str | None] = seen) -> None:
            own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            own.set_ciphers("ALL:@SECLEVEL=0")
            own.load_cert_chain(papers.leaves["good"].certificate, papers.leaves["good"].key)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of the old versions
                own.minimum_version = own.maximum_version = version
            try:
                with own.wrap_socket(talk.stream.dup(), server_side=True) as stream:
                    seen.append(stream.version())
                    stream.recv(1 << 16)
            except (ssl.SSLError, OSError):
                seen.append(None)

        with serving(_after_the_request(answer)) as listening, pytest.raises(NectarError) as caught:
            joined(server(listening.port, SslMode.VERIFY_CA, papers.ca.pair.certificate, waits=Waits(2, 2, 2, 2)))
        assert seen == [expected]
        assert caught.value.code == (faults.LOST if expected else faults.OLD_TLS).code
