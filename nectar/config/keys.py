"""What every table of a plan or a profile has in common as a model: the one home of its keys.

A field says a key's type, its bounds, its default and its description; `python -m nectar.config.schemas` writes the published
schemas from them. `json_schema_extra` holds what only the schema needs: ``x-allowed``, what a complaint says is allowed;
``x-instead``, what to do instead; ``x-known``, words that are no misspelling of another; ``x-refused``, why a key is turned
down; ``x-secret``, that the value is never shown; ``x-python``, that the field is no key of the text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Keys(BaseModel):
    """The keys of one table. Frozen; strict: nothing is converted but by a field's own validator; no other key is accepted.

    No error shows a value, which may be a secret. A model's validator is built when it is first used: a command about plans
    does not pay for profiles.
    """

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
        defer_build=True,
    )


def _as_path(value: Any) -> Any:
    return Path(value) if isinstance(value, str) else value


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Listed = BeforeValidator(_as_tuple)
"""A list of the text, which a model holds as a tuple."""

_PATH = Annotated[str, Field(pattern=r"^[^\u0000]+$")]
FilePath: TypeAlias = Annotated[Path, BeforeValidator(_as_path, json_schema_input_type=_PATH)]
"""A path, which a text says as a string without NUL."""


def allowed(words: str, **more: Any) -> dict[str, Any]:
    """The extra of a field whose form is said in words, where its type alone does not tell it."""
    return {"x-allowed": words, **more}
