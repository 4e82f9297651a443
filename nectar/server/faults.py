"""Everything that can keep Nectar from a database server: its code, whether waiting helps, and what to do."""

from __future__ import annotations

from typing import NamedTuple

from nectar.errors import ConnectError, NectarError, QuotaError, TransientError

_SHOWN = 300  # characters of what a server says


class Fault(NamedTuple):
    code: str
    kind: type[NectarError]
    what: str
    hint: str = ""

    def at(self, where: str, reason: str = "", *, hint: str = "") -> NectarError:
        """`where`: ``user@host:port/database``.

        `reason`: the text of the server or the system. It may be hostile, so it is shown as one short line.
        """
        what = f"{self.what}: {one_line(reason)}" if reason else self.what
        return self.kind(what, where=where, hint=hint or self.hint, code=self.code)


def one_line(text: str) -> str:
    """The text as one line, without control characters, of at most _SHOWN characters."""
    line = "".join(char if char.isprintable() else " " for char in text).strip()
    return line if len(line) <= _SHOWN else line[:_SHOWN] + ".."


def _fatal(number: int, what: str, hint: str = "") -> Fault:
    return Fault(f"NEC-Y{number:03}", ConnectError, what, hint)


def _passing(number: int, what: str, hint: str = "") -> Fault:
    return Fault(f"NEC-Y{number:03}", TransientError, what, hint)


# the network: it may pass
UNKNOWN_NAME = _passing(1, "the server's name is not known", "check `host`, and this machine's name service")
REFUSED = _passing(2, "nobody listens there", "start the server, or check `host` and `port` (MySQL 3306, TiDB 4000)")
TIMED_OUT = _passing(3, "the server did not answer in time", "check the address, firewalls, and whether the instance sleeps")
UNREACHABLE = _passing(4, "the server cannot be reached", "check the address and the network")
LOST = _passing(5, "the server hung up while logging in", "look at the server's log, and at what stands between")
NOT_MYSQL = _fatal(6, "what answers does not speak MySQL's protocol", "check `port`: is this the database, and its SQL port?")
SLOW_LOGIN = _passing(7, "the server is there, but the login did not end in time", "is the instance overloaded, or asleep?")

# TLS
NOT_OFFERED = _fatal(
    10, "the server offers no TLS, which the profile demands; nothing secret was sent", "give the server a certificate"
)
EXPIRED = _fatal(11, "the server's certificate has expired", "renew it on the server; if it is new, check this machine's clock")
NOT_YET = _fatal(12, "the server's certificate is not valid yet", "check this machine's clock, and the certificate's dates")
SELF_SIGNED = _fatal(13, "the server's certificate is self-signed", "have it signed, or name it itself as `ssl_ca_path`")
UNKNOWN_CA = _fatal(
    14, "the server's certificate was signed by an authority that is not trusted", "name that authority as `ssl_ca_path`"
)
WRONG_NAME = _fatal(
    15, "the server's certificate is for another name", "write in `host` a name that it has, or give the server one for this name"
)
BAD_CHAIN = _fatal(16, "the server's certificate cannot be accepted", "look at it: openssl s_client -starttls mysql -connect ..")
OLD_TLS = _fatal(17, "the server and Nectar have no TLS version in common: Nectar takes 1.2 and 1.3", "update the server's TLS")
BAD_TLS = _fatal(18, "the TLS handshake failed", "look at it: openssl s_client -starttls mysql -connect ..")
CLIENT_CERTIFICATE = _fatal(
    19, "the server wants a client certificate that it trusts", "check `ssl_cert_path` with its `ssl_key_path`, and its dates"
)
TLS_FILE = _fatal(20, "a certificate's file cannot be used", "check the path, that it is PEM, and who may read it")
NO_AUTHORITIES = _fatal(
    21, "no certificates of authorities were found on this machine", "install ca-certificates, or name a file as `ssl_ca_path`"
)

# the server's answer
ACCESS_DENIED = _fatal(
    30, "access denied", "check user and password, the hosts the user may come from, whether it needs TLS or a client certificate"
)
NO_RIGHTS = _fatal(31, "the user may not use this database", "grant it: GRANT ALL ON <database>.* TO <user>")
NO_PREFIX = _fatal(32, "the user name lacks its prefix", "write it as the console shows it: <prefix>.<user>")
INSECURE = _fatal(33, "the server wants TLS", 'write ssl_mode = "VERIFY_IDENTITY"')
NO_DATABASE = _fatal(34, "there is no such database", "make it with `nectar db init`, or check `database`")
TOO_MANY = _passing(35, "the server has no connection left", "close other clients, or raise its limit")
QUOTA = Fault(
    "NEC-Y036", QuotaError, "a quota of the service is used up", "raise its spending limit, or wait until the month turns"
)
HOST_REFUSED = _fatal(37, "the server takes no connection from this machine", "allow it there (CREATE USER ..@host, FLUSH HOSTS)")
USER_LIMIT = _passing(38, "the user has used up what it may in this hour", "raise the user's limits, or wait")
BUSY = _passing(29, "the server cannot take the connection now")
OTHER = _fatal(39, "the server refuses the connection", "look at the server's log")

# our own rules
NOT_ALLOWED = _fatal(40, "the profile does not allow this host", "if it is right, add it to `allowed_hosts`; nothing was sent")
TOO_OFTEN = _passing(41, "too many connection attempts in a minute", "find out why they fail, or raise `attempts_per_minute`")
NO_RECORD = _fatal(42, "the connection cannot be recorded, so it is not made", "check the folder and rights of [audit] file")
FILE_ASKED = _fatal(
    43, "the server asked for a file of this machine; nothing was sent, the connection is closed", "do not trust this server"
)
CLEAR_PASSWORD = _fatal(
    44, "the server asks for the password in clear, without TLS; it was not sent", 'write ssl_mode = "VERIFY_IDENTITY"'
)

# the tunnel
NO_PARAMIKO = _fatal(50, "a tunnel needs paramiko, which is not installed", "pip install 'nectar-cardano[tunnel]'")
HOST_KEY_UNKNOWN = _fatal(51, "the tunnel's host key is not known")
HOST_KEY_CHANGED = _fatal(
    52,
    "the tunnel's host key is not the one that is known",
    "somebody may stand between; ask the host's owner before you change it",
)
TUNNEL_DENIED = _fatal(53, "the tunnel's host does not let the user in", "check the tunnel's user, and its key or password")
TUNNEL_KEY = _fatal(54, "the tunnel's key or list of known hosts cannot be read", "check path, format, rights and passphrase")
TUNNEL_FORWARD = _fatal(55, "the tunnel's host does not forward to the database", "allow it (AllowTcpForwarding, PermitOpen)")
TUNNEL_UNREACHED = _passing(
    57, "the tunnel's host cannot reach the database", "start it, or check `host` and `port` as seen from there"
)
TUNNEL_LOST = _passing(56, "the tunnel's host cannot be talked to", "look at its log")

FAULTS = tuple(value for value in list(vars().values()) if isinstance(value, Fault))
TLS_FAULTS = frozenset(fault.code for fault in FAULTS if "NEC-Y010" <= fault.code <= "NEC-Y021")
