"""The published schemas as values, and a walk over every key of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from nectar.resources import read_schema

Schema: TypeAlias = Mapping[str, Any]


@lru_cache(maxsize=4)
def load_schema(name: str) -> Schema:
    """`name` is plan or profile."""
    schema: Schema = json.loads(read_schema(name))
    return schema


@lru_cache(maxsize=1)
def known_keys() -> frozenset[str]:
    """Every key that a plan or a profile can have, at any depth."""
    return frozenset(_keys(load_schema("plan"))) | frozenset(_keys(load_schema("profile")))


def _keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("properties", {})
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _keys(inner)


def walk_schema(schema: Schema) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """(key path, its schema) of every key, `$ref` followed, outer keys first."""
    yield from _walk(schema, schema, ())


def _walk(root: Schema, schema: Schema, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    for key, raw in schema.get("properties", {}).items():
        inner = raw
        if "$ref" in raw:
            target = root["$defs"][raw["$ref"].rsplit("/", 1)[1]]
            inner = {**target, **{k: v for k, v in raw.items() if k != "$ref"}}
        yield (*path, key), inner
        yield from _walk(root, inner, (*path, key))
