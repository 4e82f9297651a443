"""Where keys and values stand in a TOML text, against what tomllib says is there."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nectar.config.document.positions import find_positions

names = st.text("abcdefghijk_-", min_size=1, max_size=6)
scalars = (
    st.integers(-(2**40), 2**40).map(str)
    | st.booleans().map(lambda flag: str(flag).lower())
    | st.text("abc def\u00e9", max_size=8).map(lambda text: f'"{text}"')
    | st.sampled_from(["2021-09-12", "1.5", "'lit\\eral'", '"""two\nlines"""'])
)
values = scalars | st.lists(scalars, max_size=3).map(lambda items: f"[{', '.join(items)}]")
tables = st.dictionaries(names, values, max_size=4)


def text_of(top: dict[str, str], sections: dict[str, dict[str, str]]) -> str:
    lines = [f"{key} = {value}" for key, value in top.items()]
    for name, table in sections.items():
        lines += [f"[x{name}]", *(f"  {key}  =  {value}  # why" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key), inner
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield (*path, at), inner


@given(top=tables, sections=st.dictionaries(names, tables, max_size=3))
def test_every_key_and_value_stands_where_it_is_said_to(top: dict[str, str], sections: dict[str, dict[str, str]]) -> None:
    text = text_of(top, sections)
    lines = text.splitlines()
    positions = find_positions(text)
    for path, value in paths(tomllib.loads(text)):
        if not isinstance(value, dict):
            place = positions.value(path)
            rest = lines[place.line - 1][place.col - 1 :]
            if isinstance(value, bool):
                assert rest.startswith(str(value).lower())
            elif isinstance(value, int):
                assert rest.startswith(str(value))
            elif isinstance(value, str):
                assert rest[0] in "\"'"
        if isinstance(path[-1], str):
            key = positions.key(path)
            assert lines[key.line - 1][key.col - 1 :].startswith(path[-1])


def test_dotted_keys_inline_tables_and_arrays_of_tables() -> None:
    text = 'a.b = 1\nc = { d = [10, 20], e = "x" }\n[[f]]\ng = 1\n[[f]]\ng = 2\n'
    positions = find_positions(text)
    assert tuple(positions.value(("a", "b")))[:2] == (1, 7)
    assert tuple(positions.value(("c", "d", 1)))[:2] == (2, 16)
    assert tuple(positions.value(("c", "e")))[:2] == (2, 25)
    assert tuple(positions.value(("f", 1, "g")))[:2] == (6, 5)
