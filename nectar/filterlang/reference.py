"""The fields that filters can name, as tables for docs/filter-language.md; printed by `python -m nectar.filterlang.reference`."""

from __future__ import annotations

from nectar.filterlang.kinds import T
from nectar.filterlang.scopes import BLOCK, COLLECTIONS, TX, Field, Scope

BEGIN, END = "<!-- fields -->", "<!-- end of fields -->"


def field_tables() -> str:
    """The tables between the two marks of docs/filter-language.md."""
    scopes = (TX, BLOCK, *COLLECTIONS.values())
    return "\n".join([BEGIN, "", *(line for scope in scopes for line in _scope(scope)), END])


def _scope(scope: Scope) -> list[str]:
    lines = [f"### `{scope.name}`", "", scope.doc, "", "| field | is | |", "|---|---|---|"]
    return [*lines, *(_field(field) for field in scope.fields.values()), ""]


def _field(field: Field) -> str:
    notes = [field.doc]
    if field.choices:
        notes.append("One of " + ", ".join(f"`{choice}`" for choice in field.choices) + ".")
    if field.null:
        notes.append("Can have no value.")
    if not field.sql and field.type is not T.SET:
        notes.append("Not in views.")
    size = f", {field.length} bytes" if field.length else ""
    return f"| `{field.name}` | {field.type.value.removeprefix('an ').removeprefix('a ')}{size} | {' '.join(notes)} |"


if __name__ == "__main__":
    print(field_tables())
