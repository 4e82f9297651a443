"""The places where a secret can be kept, by the key that names them in a profile."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from nectar.config.server import Reference
from nectar.errors import SecretError
from nectar.secrets.secret import Secret


def _from_environment(reference: Reference) -> Secret:
    value = os.environ.get(reference.value)
    if value is None:
        raise SecretError(f"the variable {reference.value} is not set", where=reference.key_path, code="NEC-X001")
    return Secret(value)


PROVIDERS: Mapping[str, Callable[[Reference], Secret]] = {"env": _from_environment}


def resolve(reference: Reference) -> Secret:
    return PROVIDERS[reference.kind](reference)
