"""Judges a document by a published schema and adds a complaint for each violation; `schema_messages` words them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from nectar.config.complaints.collector import Complaints
from nectar.config.complaints.schema import load_schema
from nectar.config.complaints.schema_messages import REPORTS, Violation
from nectar.config.document.toml_dates import with_date_as_text

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def check_schema(complaints: Complaints, schema_name: str) -> None:
    """Add what `schemas/<schema_name>.schema.json` has to complain of. Never raises for what stands in the document.

    One complaint for a value of the wrong type, whatever else the schema says of it; and none about the choice between
    forms of a table in which something else is wrong.
    """
    violations = list(_violations(complaints, schema_name))
    wrong_type = {violation.path for violation in violations if violation.keyword == "type"}
    for violation in violations:
        if violation.keyword != "oneOf" and (violation.keyword == "type" or violation.path not in wrong_type):
            REPORTS[violation.keyword](complaints, violation)
    for violation in violations:
        if violation.keyword == "oneOf" and complaints.sound(violation.path):
            REPORTS[violation.keyword](complaints, violation)


def _violations(complaints: Complaints, schema_name: str) -> Iterator[Violation]:
    for error in _validator(schema_name).iter_errors(_with_dates_as_texts(complaints.document.data)):
        violated: Any = error  # its attributes are typed as perhaps unset, which they never are here
        path, keyword, limit = tuple(violated.absolute_path), violated.validator, violated.validator_value
        yield Violation(path, keyword, limit, violated.instance, violated.schema, schema_name)


@lru_cache(maxsize=4)
def _validator(schema_name: str) -> Validator:
    """jsonschema takes 180 ms to import, so it is only done here.

    Its integers include 1.0, its numbers TOML's `nan` and `inf`, and Python's `$` also matches before a last line feed; ours do
    none of it.
    """
    from jsonschema import Draft202012Validator, ValidationError, validators

    def is_integer(_: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def is_number(_: object, value: object) -> bool:
        return is_integer(_, value) or (isinstance(value, float) and isfinite(value))

    def pattern(_: object, wanted: str, value: object, __: object) -> Iterator[ValidationError]:
        exact = wanted[:-1] + r"\Z" if wanted.endswith("$") else wanted
        if isinstance(value, str) and re.search(exact, value) is None:
            yield ValidationError(f"does not match {wanted}")

    types = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": is_number})
    extend: Any = validators.extend
    strict: type[Validator] = extend(Draft202012Validator, {"pattern": pattern}, type_checker=types)
    return strict(load_schema(schema_name))


def _with_dates_as_texts(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{ date = 2021-09-12 }` of start and end, the one key that takes TOML's dates, as the text that JSON would have. A date
    anywhere else is left as one, which is no text."""
    sync = data.get("sync")
    if not isinstance(sync, dict):
        return data
    return {**data, "sync": {key: with_date_as_text(side) if key in ("start", "end") else side for key, side in sync.items()}}
