"""Two documents laid one over the other: what includes do with files, and `nectar sync` with its flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nectar.config.document.load import Document
from nectar.config.document.positions import TomlPath

_Pieces = dict[TomlPath, Document]

_ONE_MEANING: Mapping[TomlPath, tuple[tuple[str, ...], ...]] = {
    ("sync",): (("start", "start_slot"), ("end", "end_slot")),
}
"""Keys that say the same thing in different ways: whichever stands above, those below are dropped."""

_OF_KIND = {"immutable": "path", "node": "socket"}


def overlaid(base: Document, over: Document) -> Document:
    """Tables merge key by key; anything else that `over` says takes the place of what `base` says.

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
        here = (*path, key)
        if isinstance(below.get(key), dict) and isinstance(above.get(key), dict):
            home = over.home(here)
            pieces[here] = home if home.positions.line_starts else base.home(here)
            merged[key] = _merged(base, over, here, pieces)
        else:
            document, merged[key] = (over, above[key]) if key in above else (base, below[key])
            _claim(document, here, merged[key], pieces)
    return merged


def _at(document: Document, path: TomlPath) -> Mapping[str, Any]:
    here: Any = document.data
    for step in path:
        here = here[step]
    table: Mapping[str, Any] = here
    return table


def _claim(document: Document, path: TomlPath, value: Any, pieces: _Pieces) -> None:
    """Tables may have been laid together before; each key of them keeps its home."""
    pieces[path] = document.home(path)
    for key, inner in value.items() if isinstance(value, dict) else ():
        _claim(document, (*path, key), inner, pieces)


def _without_rivals(path: TomlPath, below: Mapping[str, Any], above: Mapping[str, Any]) -> Mapping[str, Any]:
    """`below` without what `above` says in another way."""
    dropped = {key for keys in _ONE_MEANING.get(path, ()) if any(key in above for key in keys) for key in keys}
    if path == ("source",) and "kind" in above:
        dropped |= {place for kind, place in _OF_KIND.items() if kind != above["kind"]}
    return {key: value for key, value in below.items() if key not in dropped}
