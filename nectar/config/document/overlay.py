"""Lays one document over another: an including file over an included one, the flags of `nectar sync` over a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from nectar.config.document.load import Document
from nectar.config.document.positions import TomlPath

_Pieces = dict[TomlPath, Document]

_ONE_MEANING: Mapping[TomlPath, tuple[tuple[str, ...], ...]] = {
    ("sync",): (("start", "start_slot"), ("end", "end_slot")),
}
"""Keys that say the same thing in different ways: one of them in the upper document replaces all of them in the lower."""

_OF_KIND = {"immutable": "path", "node": "socket"}


def overlaid(base: Document, over: Document) -> Document:
    """Tables merge key by key; any other value of `over` replaces that of `base`.

    Positions and file are those of `over`; those of `base` when `over` comes from no text (a flag).
    """
    pieces: _Pieces = {}
    data = _merged(base, over, (), pieces)
    root = over if over.positions.line_starts else base
    return Document(root.file, data, root.positions, root.text, pieces, root.shown)


def _merged(base: Document, over: Document, path: TomlPath, pieces: _Pieces) -> dict[str, Any]:
    above = _at(over, path)
    below = _without_rivals(path, _at(base, path), above)
    merged: dict[str, Any] = {}
    for key in {**below, **above}:
        key_path = (*path, key)
        if isinstance(below.get(key), dict) and isinstance(above.get(key), dict):
            home = over.home(key_path)
            pieces[key_path] = home if home.positions.line_starts else base.home(key_path)
            merged[key] = _merged(base, over, key_path, pieces)
        else:
            document, merged[key] = (over, above[key]) if key in above else (base, below[key])
            _claim(document, key_path, merged[key], pieces)
    return merged


def _at(document: Document, path: TomlPath) -> Mapping[str, Any]:
    table: Any = document.data
    for step in path:
        table = table[step]
    return cast(Mapping[str, Any], table)


def _claim(document: Document, path: TomlPath, value: Any, pieces: _Pieces) -> None:
    """Notes that `document` says the value at `path`. A table's keys keep the homes that an earlier merge gave them."""
    pieces[path] = document.home(path)
    for key, inner in value.items() if isinstance(value, dict) else ():
        _claim(document, (*path, key), inner, pieces)


def _without_rivals(path: TomlPath, below: Mapping[str, Any], above: Mapping[str, Any]) -> Mapping[str, Any]:
    """`below` without what `above` says in another way."""
    dropped = {key for keys in _ONE_MEANING.get(path, ()) if any(key in above for key in keys) for key in keys}
    if path == ("source",) and "kind" in above:
        dropped |= {place for kind, place in _OF_KIND.items() if kind != above["kind"]}
    return {key: value for key, value in below.items() if key not in dropped}
