"""HashiCorp Vault (and OpenBao), key-value engine version 2, over HTTPS: `mount/path#field`.

As its own command line: VAULT_ADDR, VAULT_TOKEN or ~/.vault-token, VAULT_NAMESPACE, VAULT_CACERT.
"""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from nectar.config.profile.hosts import is_loopback
from nectar.config.profile.model import Reference
from nectar.secrets import faults
from nectar.secrets.local import private_bytes
from nectar.secrets.secret import Secret

SECONDS = 15
LARGEST = 1 << 20
_ELSEWHERE = "it sends us elsewhere, and a token goes to no address that was not named"
_REASONS = {
    **dict.fromkeys((301, 302, 303, 307, 308), _ELSEWHERE),
    400: "it does not understand the request: is this a key-value engine of version 2?",
    403: "the token may not read it",
    404: "there is no such secret",
    429: "it has too much to do",
    503: "it is sealed, or being maintained",
}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The token is sent to the configured address only, so redirects are refused."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def from_vault(reference: Reference) -> Secret:
    place, _, field = reference.value.partition("#")
    mount, _, path = place.partition("/")
    if not (mount and path and field):
        raise faults.provider_failed(reference, "it must read mount/path#field", 'as in vault = "kv/nectar#password"')
    try:
        address = os.environ.get("VAULT_ADDR", "")
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # malformed brackets or port
        usable = False
    if not usable:
        raise faults.provider_failed(reference, "VAULT_ADDR names no server", "as in VAULT_ADDR=https://vault.example.com:8200")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise faults.provider_failed(reference, "VAULT_ADDR is not https, and not this machine", "a token is not sent in clear")
    secret = _asked(reference, f"{address.rstrip('/')}/v1/{quote(mount)}/data/{quote(path)}", field)
    if secret is None:
        raise faults.secret_missing(reference, f"the secret has no text field {field!r}", "check the part after #")
    return secret


def _asked(reference: Reference, url: str, field: str) -> Secret | None:
    token = _token(reference)
    try:
        trusted = ssl.create_default_context(cafile=os.environ.get("VAULT_CACERT") or None)
        # no proxy for an address on this machine: it would get the token in clear
        proxies = urllib.request.ProxyHandler({} if url.startswith("http:") else None)
        opener = urllib.request.build_opener(proxies, urllib.request.HTTPSHandler(context=trusted), _NoRedirects)
        with opener.open(_request(url, token), timeout=SECONDS) as answer:
            return _field(answer.read(LARGEST), field)
    except urllib.error.HTTPError as error:
        error.close()
        raise faults.provider_failed(
            reference, f"Vault answered {error.code}: {_REASONS.get(error.code, 'see its own log')}"
        ) from None
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", None)
        why = getattr(reason, "verify_message", None) or getattr(reason, "strerror", None) or type(error).__name__
        raise faults.provider_failed(reference, f"Vault cannot be asked: {why}", "check VAULT_ADDR and VAULT_CACERT") from None


def _token(reference: Reference) -> Secret:
    if os.environ.get("VAULT_TOKEN"):
        return Secret(os.environ["VAULT_TOKEN"])
    path = Path("~/.vault-token").expanduser()
    try:
        return Secret(private_bytes(path).decode().strip())
    except (OSError, ValueError):
        raise faults.provider_failed(reference, "there is no token: VAULT_TOKEN or ~/.vault-token", "vault login") from None


def _request(url: str, token: Secret) -> urllib.request.Request:
    request = urllib.request.Request(url, headers={"X-Vault-Token": token.reveal(), "X-Vault-Request": "true"})
    if space := os.environ.get("VAULT_NAMESPACE", ""):
        request.add_header("X-Vault-Namespace", space)
    return request


def _field(answer: bytes, field: str) -> Secret | None:
    match json.loads(answer):
        case {"data": {"data": dict(fields)}} if isinstance(fields.get(field), str) and fields[field]:
            return Secret(fields[field])
    return None
