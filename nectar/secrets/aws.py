"""AWS Secrets Manager (the extra `aws`): `name-or-arn`, or `name-or-arn#field` of a secret that is JSON."""

from __future__ import annotations

import json

from nectar.config.server import Reference
from nectar.secrets import faults
from nectar.secrets.secret import Secret


def from_aws(reference: Reference) -> Secret:
    """Account, region and rights are found as AWS's own tools find them."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise faults.no_extra(reference, "aws") from None
    name, _, field = reference.value.partition("#")
    try:
        text = boto3.client("secretsmanager").get_secret_value(SecretId=name).get("SecretString")
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        raise faults.failed(reference, f"AWS answered {code}", "check the name, the region and the rights") from None
    except BotoCoreError as error:
        raise faults.failed(reference, f"AWS cannot be asked ({type(error).__name__})", "check region and credentials") from None
    if text is None:
        raise faults.missing(reference, "the secret is no text", "store it as text")
    return Secret(_field(reference, text, field) if field else text)


def _field(reference: Reference, text: str, field: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        raise faults.failed(reference, "the secret is not JSON, and a field is named") from None
    if not isinstance(found, dict) or not isinstance(found.get(field), str):
        raise faults.missing(reference, f"the secret has no text field {field!r}", "check the part after #")
    return str(found[field])
