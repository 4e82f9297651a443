"""Every error of connecting to a database, in one place: what happened, what to do. Nothing of it is ever a secret."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from nectar.errors import ConnectError, NectarError, QuotaError, TransientError

_CERTIFICATE = {
    9: ("NEC-Y021", "its certificate is not valid yet", "check this machine's clock, and the server's certificate"),
    10: ("NEC-Y020", "its certificate has expired", "renew the server's certificate"),
    18: ("NEC-Y022", "its certificate is self-signed", "name it in ssl_ca_path if it is the right one"),
    19: ("NEC-Y023", "its certificate comes from an authority that is not trusted", "name the authority in ssl_ca_path"),
    20: ("NEC-Y023", "its certificate comes from an authority that is not known here", "name the authority in ssl_ca_path"),
    21: ("NEC-Y023", "its certificate comes from an authority that is not known here", "name the authority in ssl_ca_path"),
    62: ("NEC-Y024", "its certificate is for another name", "use the certificate's name; VERIFY_CA does not check it"),
    64: ("NEC-Y024", "its certificate is for another address", "use the certificate's name; VERIFY_CA does not check it"),
}
"""OpenSSL's verify codes (x509_vfy.h)."""

_NUMBERS = {
    1044: ("NEC-Y031", "the user has no rights on this database", "grant them: GRANT ALL ON database.* TO user"),
    1045: ("NEC-Y030", "user or password is wrong, or a certificate is wanted", "check user, password, ssl_cert_path"),
    1049: ("NEC-Y032", "there is no such database", "make it with `nectar db init`, or name another one"),
    1129: ("NEC-Y033", "the server blocks this machine after many broken connections", "on the server: FLUSH HOSTS"),
    1130: ("NEC-Y033", "the server does not let this machine in", "allow this machine's address on the server"),
    1698: ("NEC-Y030", "the user may not use a password", "use another user"),
    3159: ("NEC-Y034", "the server takes encrypted connections only", "set ssl_mode to REQUIRED or better"),
}
"""The server's own refusals."""


def unusable(file: Path, what: str, why: str) -> NectarError:
    told = re.sub(r"\s*\(_ssl\.c:\d+\)", "", why)
    hint = "it must be a PEM file that we may read"
    return ConnectError(f"{what} cannot be used: {told}", where=str(file), hint=hint, code="NEC-Y010")


def no_authorities(file: Path) -> NectarError:
    return ConnectError("there is no authority's certificate in it", where=str(file), hint="check ssl_ca_path", code="NEC-Y011")


def no_tls(where: str) -> NectarError:
    return ConnectError(
        "the server offers no TLS, and the profile demands it: nothing was sent",
        where=where,
        hint="turn TLS on at the server; only on a trusted network: ssl_mode = \"PREFERRED\" and allow_insecure = true",
        code="NEC-Y012",
    )


def clear_password(where: str) -> NectarError:
    return ConnectError(
        "the server asks for the password in clear on a connection that is not encrypted: it was not sent",
        where=where,
        hint="set ssl_mode to REQUIRED or better",
        code="NEC-Y013",
    )


def not_allowed(where: str, what: str) -> NectarError:
    hint = "add it to allowed_hosts in [limits], or check host"
    return ConnectError(f"{what} is not among the allowed hosts", where=where, hint=hint, code="NEC-Y001")


def unknown_name(where: str, why: str) -> NectarError:
    return TransientError(f"the host's name is not known ({why})", where=where, hint="check host", code="NEC-Y002")


def unreachable(where: str, why: str) -> NectarError:
    hint = "is the server running there? check host, port and firewalls"
    return TransientError(f"the server cannot be reached: {why}", where=where, hint=hint, code="NEC-Y003")


def file_asked(where: str, name: str) -> NectarError:
    return ConnectError(
        f"the server asked for the file {name[:60]!r} of this machine: nothing was sent",
        where=where,
        hint="this is no server to trust: check host, and use ssl_mode = \"VERIFY_IDENTITY\"",
        code="NEC-Y014",
    )


def refused(where: str, error: BaseException) -> NectarError:
    """What PyMySQL or the system said while connecting."""
    cause = getattr(error, "original_exception", None) or error
    if isinstance(cause, ssl.SSLError):
        return _tls(where, cause)
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    said = re.sub(r"\s+", " ", str(error.args[1] if len(error.args) > 1 else error))[:200]
    if re.search("usage quota|connection limit exceeded", said, re.I):
        hint = "raise the spending limit, or wait for the next month"
        return QuotaError(f"the service's quota is used up: {said}", where=where, hint=hint, code="NEC-Y040")
    if re.search("user name prefix", said, re.I):
        hint = "TiDB Cloud: the user is PREFIX.name, as the console shows it"
        return ConnectError(f"the user's name lacks its prefix: {said}", where=where, hint=hint, code="NEC-Y035")
    if re.search("insecure transport", said, re.I):
        number = 3159
    if number in _NUMBERS:
        code, what, hint = _NUMBERS[number]
        return ConnectError(f"{what} (error {number}: {said})", where=where, hint=hint, code=code)
    if number in (1040, 1203):
        return TransientError(f"too many connections (error {number}: {said})", where=where, code="NEC-Y041")
    return unreachable(where, said)


def _tls(where: str, error: ssl.SSLError) -> NectarError:
    if isinstance(error, ssl.SSLCertVerificationError):
        other = ("NEC-Y025", f"its certificate is not good: {error.verify_message}", "look at it: openssl s_client")
        code, what, hint = _CERTIFICATE.get(error.verify_code, other)
        return ConnectError(f"the server is not trusted: {what}", where=where, hint=hint, code=code)
    reason = (error.reason or str(error)).replace("_", " ").lower()
    if "version" in reason or "protocol" in reason or "internal error" in reason:
        hint = "let the server speak TLS 1.2 or 1.3"
        what = f"no version of TLS in common, 1.2 is the oldest here ({reason})"
        return ConnectError(what, where=where, hint=hint, code="NEC-Y026")
    if "certificate" in reason:
        hint = "check ssl_cert_path and ssl_key_path"
        return ConnectError(f"the server wants another client's certificate ({reason})", where=where, hint=hint, code="NEC-Y027")
    return TransientError(f"TLS failed: {reason}", where=where, code="NEC-Y028")
