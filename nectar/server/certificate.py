"""What a server's certificate says of itself, for people. Nothing is checked here: OpenSSL did that, or was told not to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509


@dataclass(frozen=True, slots=True)
class Described:
    """`names`: those that it is for; `last`: the end of its validity."""

    subject: str
    names: tuple[str, ...]
    issuer: str
    first: datetime
    last: datetime

    def days_left(self, now: datetime | None = None) -> int:
        return (self.last - (now or datetime.now(UTC))).days


def described(der: bytes) -> Described | None:
    """None when it cannot be read."""
    try:
        one = x509.load_der_x509_certificate(der)
        return Described(_short(one.subject), _names(one), _short(one.issuer), one.not_valid_before_utc, one.not_valid_after_utc)
    except ValueError:
        return None


def _names(one: x509.Certificate) -> tuple[str, ...]:
    try:
        found = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress)))


def _short(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()
