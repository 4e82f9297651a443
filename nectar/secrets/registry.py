"""The secret providers, by the key that names them in a profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nectar.config.profile.model import Reference
from nectar.secrets.aws import from_aws
from nectar.secrets.local import from_command, from_environment, from_file, from_keyring, from_kubernetes
from nectar.secrets.secret import Secret
from nectar.secrets.vault import from_vault


def _from_sealed(reference: Reference) -> Secret:
    """Open a sealed value with the key of this machine. `cryptography` is imported here only."""
    from nectar.secrets.keys import opening_key
    from nectar.secrets.sealed import open_sealed

    return open_sealed(reference.value, reference.key_path, opening_key())


PROVIDERS: Mapping[str, Callable[[Reference], Secret]] = {
    "env": from_environment,
    "file": from_file,
    "sealed": _from_sealed,
    "command": from_command,
    "vault": from_vault,
    "aws": from_aws,
    "kubernetes": from_kubernetes,
    "keyring": from_keyring,
}


def resolve_secret(reference: Reference) -> Secret:
    """Read the secret. Errors: SecretError, which says where Nectar looked and never what it found."""
    return PROVIDERS[reference.kind](reference)
