"""Every error of the secret providers, in one place. None ever holds a part of a secret, or of what a provider answered.

The code raises them where no local variable holds a secret in clear, because a traceback may be shown with its locals.
"""

from __future__ import annotations

import re

from nectar.config.profile.model import Reference
from nectar.errors import SecretError


def secret_missing(reference: Reference, what: str, hint: str) -> SecretError:
    """The secret is not where the profile says."""
    return SecretError(f"{reference.key_path}: {what}", where=_where(reference), hint=hint, code="NEC-X001")


def open_to_others(what: str, where: str) -> SecretError:
    return SecretError(what, where=where, hint="chmod 600, and chown it to the user who runs Nectar", code="NEC-X002")


def provider_failed(reference: Reference, what: str, hint: str = "") -> SecretError:
    """The provider did not give the secret."""
    return SecretError(f"{reference.key_path}: {what}", where=_where(reference), hint=hint, code="NEC-X003")


def no_extra(reference: Reference, extra: str) -> SecretError:
    what = f"{reference.key_path}: what reads {reference.kind} is not installed"
    return SecretError(what, where=_where(reference), hint=f"pip install 'nectar-cardano[{extra}]'", code="NEC-X004")


def not_sealed(key_path: str, why: str) -> SecretError:
    return SecretError(f"{key_path}: this is no sealed value: {why}", hint="seal it again: nectar secrets seal", code="NEC-X010")


def changed(key_path: str, *, by_passphrase: bool) -> SecretError:
    other = "another passphrase or " if by_passphrase else ""
    what = f"{key_path}: the sealed value was changed, or was sealed with {other}for another place in the profile"
    return SecretError(what, hint=f"seal it again: nectar secrets seal --for {key_path}", code="NEC-X011")


def other_key(key_path: str, wanted: str, have: str) -> SecretError:
    what = f"{key_path}: it was sealed with the key {wanted}, and the key at hand is {have}"
    return SecretError(what, hint="name that key: NECTAR_KEY_FILE, NECTAR_KEY or NECTAR_PASSPHRASE", code="NEC-X012")


def seals_only(where: str) -> SecretError:
    hint = "a recipient only seals; name the key that `nectar secrets keygen` wrote to its file"
    return SecretError("this key cannot open anything", where=where, hint=hint, code="NEC-X012")


def no_key(looked: str) -> SecretError:
    hint = "make one with `nectar secrets keygen`, or name yours: NECTAR_KEY_FILE, NECTAR_KEY, NECTAR_PASSPHRASE"
    return SecretError(f"there is no key to open sealed values with (looked for {looked})", hint=hint, code="NEC-X013")


def bad_key(where: str, why: str) -> SecretError:
    hint = "a key is one line as `nectar secrets keygen` writes it"
    return SecretError(f"this is no key: {why}", where=where, hint=hint, code="NEC-X014")


def _where(reference: Reference) -> str:
    """The reference as in the profile, if it looks like one: somebody may have written the password itself there by mistake."""
    looks = _LOOKS.get(reference.kind)
    return f"{reference.kind} = {reference.value if looks and re.fullmatch(looks, reference.value) else '..'}"


_LOOKS = {
    "env": "[A-Z_][A-Z0-9_]*",
    "file": ".*/.*",
    "kubernetes": ".*/.*",
    "vault": "[^/#]+/[^#]+#[^#]+",
    "aws": "arn:.*|.*[/#].*",
    "keyring": ".+/[^/]+",
}
"""Sealed values and commands are missing here, because their words may be anything."""
