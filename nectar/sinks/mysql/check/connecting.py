"""The steps of connecting, reported afterwards: those of an open connection, or of an attempt that failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nectar.config.profile.hosts import is_loopback
from nectar.config.profile.model import Reference, Server, SslMode
from nectar.errors import NectarError
from nectar.mysql.product import Product
from nectar.server.audit import Attempt
from nectar.server.certificate import described
from nectar.server.facts import Facts, Secured
from nectar.sinks.check_step import Note, Step, failed, milliseconds, ms, not_reached, passed
from nectar.sinks.mysql.check.connection_type import notes_of
from nectar.sinks.mysql.check.failed_step import CONNECTING, failed_step, others_tried

EXPIRES_SOON = 14
_CHECKED = {SslMode.VERIFY_IDENTITY: "chain and name checked", SslMode.VERIFY_CA: "chain checked, its name not"}
_SILENT = ("sealed", "command")  # their value says nothing, or too much


def arrival(server: Server, facts: Facts, product: Product, attempts: Sequence[Attempt]) -> Iterator[Step]:
    """The steps of an open connection. All passed."""
    yield _profile(server)
    yield _name(server, attempts, facts.resolve_seconds)
    yield _tcp(server, attempts, facts.tcp_seconds)
    if server.tunnel is not None:
        yield _tunnel(server)
    notes = notes_of(product, server.kind)
    yield passed("server", str(product), notes, product=product.name, version=facts.server_version, service=product.service)
    yield _tls(server, facts.secured)
    yield passed(
        "login",
        f"as {server.user}, in {ms(facts.login_seconds)}{' with TLS' if facts.secured.version else ''}",
        user=server.user,
        ms=milliseconds(facts.login_seconds),
        connection_id=facts.connection_id,
    )


def departure(server: Server, error: NectarError, attempts: Sequence[Attempt]) -> Iterator[Step]:
    """The steps of an attempt that failed: those before the failure, the failed step, those not reached."""
    names = [name for name in CONNECTING if name != "tunnel" or server.tunnel is not None]
    at = failed_step(error.code, attempts)
    tls = attempts[-1] if attempts else None
    secured = Secured(tls.tls_version, tls.cipher) if tls else Secured()
    known = {
        "profile": lambda: _profile(server),
        "name": lambda: _name(server, attempts),
        "tcp": lambda: _tcp(server, attempts),
        "tunnel": lambda: _tunnel(server),
        "server": lambda: passed("server", "speaks MySQL's protocol"),
        "tls": lambda: _tls(server, secured),
    }
    for name in names[: names.index(at)]:
        yield known[name]()
    yield failed(at, error)
    yield from not_reached(names[names.index(at) + 1 :])


def _profile(server: Server) -> Step:
    source = str(server.file) if server.file else "the environment"
    says = f"{source}: {server.kind.value}, {server.tls.mode.value}, {password_text(server.password)}"
    facts = {"file": source, "key": server.key, "connection_type": server.kind.value, "ssl_mode": server.tls.mode.value}
    return passed("profile", says, [Note(text) for text in server.notes], **facts)


def password_text(reference: Reference | None) -> str:
    """Where the password is kept, for people."""
    if reference is None:
        return "no password"
    return f"password from {reference.kind}" + ("" if reference.kind in _SILENT else f" {reference.value}")


def _name(server: Server, attempts: Sequence[Attempt], seconds: float | None = None) -> Step:
    host = server.tunnel.host if server.tunnel else server.host
    addresses = list(dict.fromkeys(attempt.address for attempt in attempts if attempt.address))
    took = "" if seconds is None else f", in {ms(seconds)}"
    says = f"{host} is {', '.join(addresses)}{took}" if addresses != [host] else f"{host} is an address"
    facts: dict[str, Any] = {} if seconds is None else {"ms": milliseconds(seconds)}
    return passed("name", says, host=host, addresses=addresses, **facts)


def _tcp(server: Server, attempts: Sequence[Attempt], seconds: float | None = None) -> Step:
    port = server.tunnel.port if server.tunnel else server.port
    address = attempts[-1].address if attempts else ""
    vain = others_tried(attempts)
    notes = [Note(f"{other} was tried first, in vain ({code})", "leave it out of the name service") for other, code in vain]
    took = "" if seconds is None else f", in {ms(seconds)}"
    facts: dict[str, Any] = {} if seconds is None else {"ms": milliseconds(seconds)}
    return passed("tcp", f"connected to {address} port {port}{took}", notes, address=address, port=port, **facts)


def _tunnel(server: Server) -> Step:
    assert server.tunnel is not None
    says = f"{server.tunnel.user}@{server.tunnel.host} forwards to {server.host} port {server.port}"
    return passed("tunnel", says, host=server.tunnel.host, user=server.tunnel.user)


def _tls(server: Server, secured: Secured) -> Step:
    if not secured.version:
        far = not is_loopback(server.host) and server.tunnel is None
        hint = 'write ssl_mode = "VERIFY_IDENTITY"'
        notes = [Note("everybody on the way can read and change what is sent", hint)] if far else []
        return passed("tls", f"none: ssl_mode is {server.tls.mode.value}", notes, version=None)
    checked = _CHECKED.get(server.tls.mode, "nothing checked")
    facts: dict[str, Any] = {"version": secured.version, "cipher": secured.cipher, "checked": checked}
    says = f"{secured.version}, {secured.cipher}"
    notes = []
    if secured.seconds:
        says += f", handshake in {ms(secured.seconds)}"
        facts["handshake_ms"] = milliseconds(secured.seconds)
    about = described(secured.certificate)
    if about is not None:
        left = about.days_left()
        says += f"; {', '.join(about.names) or about.subject} until {about.last:%Y-%m-%d}, by {about.issuer}: {checked}"
        facts |= {
            "names": list(about.names),
            "issuer": about.issuer,
            "not_before": about.first.isoformat(),
            "not_after": about.last.isoformat(),
            "sha256": secured.fingerprint,
            "chain": len(secured.chain),
        }
        if left < EXPIRES_SOON:
            ends = f"ends in {left} days" if left >= 0 else "has expired"
            notes.append(Note(f"the server's certificate {ends}", "renew it on the server"))
    if server.tls.mode not in _CHECKED and not is_loopback(server.host):
        notes.append(Note("it is not known who answers: the certificate is not checked", 'write ssl_mode = "VERIFY_IDENTITY"'))
    return passed("tls", says, notes, **facts)
