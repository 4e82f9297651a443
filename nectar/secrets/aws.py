"""AWS Secrets Manager (the extra `aws`): `name-or-arn`, or `name-or-arn#field` of a secret that is JSON."""

from __future__ import annotations

import json

from nectar.config.profile.model import Reference
from nectar.secrets import faults
from nectar.secrets.secret import Secret


def from_aws(reference: Reference) -> Secret:
    """Read the secret. Account, region and credentials are found as AWS's own tools find them."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise faults.no_extra(reference, "aws") from None
    name, _, field = reference.value.partition("#")
    try:
        secret = _secret_in(boto3.client("secretsmanager").get_secret_value(SecretId=name).get("SecretString"), field)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        shown = code if code.isidentifier() else "an error"
        raise faults.provider_failed(reference, f"AWS answered {shown}", "check the name, the region and the rights") from None
    except (BotoCoreError, ValueError) as error:
        raise faults.provider_failed(
            reference, f"AWS cannot be asked ({type(error).__name__})", "check region and credentials"
        ) from None
    if isinstance(secret, str):
        raise faults.secret_missing(reference, secret, "check what is stored, and the part after #")
    return secret


def _secret_in(text: str | None, field: str) -> Secret | str:
    """The secret, or what is wrong with it."""
    if not text:
        return "the secret is no text, or empty"
    if not field:
        return Secret(text)
    try:
        fields = json.loads(text)
    except ValueError:
        return "the secret is not JSON, and a field is named"
    value = fields.get(field) if isinstance(fields, dict) else None
    return Secret(value) if isinstance(value, str) and value else f"the secret has no text field {field!r}"
