"""Writes schemas/plan.schema.json and schemas/profile.schema.json from the models: `python -m nectar.config.schemas`.

Editors, `nectar plan schema` and the judge of every text (`complaints.schema_check`) read these files; a test holds them to the
models.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nectar.config.keys import Keys
from nectar.config.plan.keys import Plan
from nectar.config.profile.keys import Profile

MODELS: Mapping[str, type[Keys]] = {"plan": Plan, "profile": Profile}
TITLES = {"plan": "Nectar plan", "profile": "Nectar connection profile"}
_COMMENT = (
    "Written by python -m nectar.config.schemas from the models in nectar/config. x-allowed: what `nectar plan validate` says is "
    "allowed. x-not-yet, x-refused: why a key that people may try is turned down. x-known: words that are no misspelling of "
    "another; x-instead: what to do for them. x-secret: the value is never shown. x-meant: what to do about a key that people "
    "may try."
)

Node = dict[str, Any]


def schema_text(name: str) -> str:
    """The published schema of `name`: plan or profile."""
    raw = MODELS[name].model_json_schema()
    schema = _Tidy(raw.pop("$defs", {})).schema(raw)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:nectar-cardano:schema:{name}",
        "$comment": _COMMENT,
        "title": TITLES[name],
    }
    return json.dumps({**head, **schema}, indent=2, ensure_ascii=False) + "\n"


class _Tidy:
    """pydantic's schema in the form that is published: no titles, no null (a key that is not said is left out), no references
    but to tables that stand in several places."""

    def __init__(self, definitions: Mapping[str, Node]) -> None:
        self.definitions = definitions
        self.shared: dict[str, Node] = {}

    def schema(self, root: Node) -> Node:
        tidied = self.node(root)
        return {**tidied, "$defs": self.shared} if self.shared else tidied

    def node(self, raw: Node) -> Node:
        """`raw` tidied, with what it refers to laid under its own keywords."""
        own = {key: value for key, value in raw.items() if key not in ("title", "$ref", "anyOf")}
        if isinstance(own.get("default"), dict) or own.get("default", ...) in (None, "", []):
            del own["default"]
        if own.get("type") == "null":
            del own["type"]
        under = self._under(raw)
        if "$ref" in under:
            return {**own, **under}
        merged = {**under, **own}
        if "description" in merged:
            merged = {"description": " ".join(merged.pop("description").split()), **merged}
        for key in ("items", "additionalProperties"):
            if isinstance(merged.get(key), dict):
                merged[key] = self.node(merged[key])
        if "properties" in raw:
            merged["properties"] = {key: self.node(field) for key, field in raw["properties"].items() if "x-python" not in field}
        return merged

    def _under(self, raw: Node) -> Node:
        """The schema that `raw` refers to, or that stands beside null in it."""
        if "anyOf" in raw:
            (kind,) = (branch for branch in raw["anyOf"] if branch != {"type": "null"})
            return self.node(kind)
        if "$ref" not in raw:
            return {}
        definition = self.definitions[raw["$ref"].rsplit("/", 1)[1]]
        name = definition.get("x-shared")
        if name is None:
            return self.node(definition)
        if name not in self.shared:
            self.shared[name] = {}
            self.shared[name] = {key: value for key, value in self.node(definition).items() if key != "x-shared"}
        return {"$ref": f"#/$defs/{name}"}


def write_schemas(folder: Path) -> None:
    for name in MODELS:
        (folder / f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1] if len(sys.argv) > 1 else "schemas"))
