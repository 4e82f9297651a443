"""The Nectar plan that a Carp execution plan becomes, as TOML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nectar.carp.convert import Translation
from nectar.resources import schema_line


def plan_toml(translated: Translation, name: str, network: str) -> str:
    """`network` is one of the named ones; of `name`, what a plan's name can hold."""
    return schema_line("plan") + "".join(f"{line}\n" for line in _lines(translated, _plain(name), network))


def _plain(name: str) -> str:
    """A file name as a plan's name."""
    plain = re.sub(r"[^A-Za-z0-9 ._-]+", "-", name).lstrip(" ._-")[:64]
    return plain or "imported"


def _lines(translated: Translation, name: str, network: str) -> Iterator[str]:
    yield from ("# Translated from a Carp execution plan by nectar plan import.", "", "[plan]")
    yield from (f'name = "{name}"', f'network = "{network}"', "")
    yield from ("# [source]                     # here, or with nectar run --source DIR", '# kind = "immutable"')
    yield from ('# path = "db/immutable"', "")
    yield from ("[sync]", f'start = "{translated.start}"')
    if translated.end:
        yield f'end = "{translated.end}"'
    yield from ("", "[processors]")
    for processor, options in translated.processors.items():
        yield f"{processor} = {_inline(options)}"


def _inline(options: Mapping[str, Any]) -> str:
    if not options:
        return "true"
    return f"{{ {', '.join(f'{key} = {_value(value)}' for key, value in sorted(options.items()))} }}"


def _value(value: bool | list[int]) -> str:
    return str(value).lower()
