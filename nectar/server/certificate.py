"""What a server's certificate says, for people.

Nothing is checked here: OpenSSL checked it, unless the profile turned that off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509


@dataclass(frozen=True, slots=True)
class Described:
    """`names`: the host names and addresses that it is valid for. `first` and `last`: its validity."""

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
        certificate = x509.load_der_x509_certificate(der)
        subject, issuer = _short(certificate.subject), _short(certificate.issuer)
        first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        return Described(subject, _names(certificate), issuer, first, last)
    except ValueError:
        return None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))


def _short(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()
