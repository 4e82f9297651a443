"""What is written parses to the same tree again; whatever the text, there is a tree or a FilterError; places are exact."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark

from nectar.config.document.inside import place_inside
from nectar.config.document.load import load_text
from nectar.config.document.positions import find_positions
from nectar.filterlang import syntax as s
from nectar.filterlang.check import check
from nectar.filterlang.parse import parse
from nectar.filterlang.write import write
from nectar.resources import read_grammar
from tests.filterlang.test_fixtures import ERRORS, LANGUAGE, SETTING, cases

WORDS = st.sampled_from(
    ["fee", "value", "outputs", "has_mint", "block", "json", "epoch", "file", "types", "count_of", "x1", "ada"]
)
NAMES = st.builds(
    s.Name,
    st.lists(WORDS, min_size=1, max_size=3).map(tuple),
    st.lists(st.integers(0, 99) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=2).map(tuple),
)
COLLECTIONS = st.builds(s.Name, st.sampled_from([("outputs",), ("certs",), ("tx", "assets")]))
LITERALS = st.one_of(
    st.builds(s.Literal, st.just("integer"), st.integers(-(10**20), 10**20).map(str)),
    st.builds(s.Literal, st.just("text"), st.text(st.characters(exclude_categories=["Cs"]), max_size=12)),
    st.builds(s.Literal, st.just("hex"), st.binary(max_size=8).map(lambda raw: "0x" + raw.hex())),
    st.sampled_from(
        [
            s.Literal("amount", "5 ada"),
            s.Literal("amount", "1.5 ada"),
            s.Literal("date", "2021-09-12"),
            s.Literal("epoch", "epoch 5"),
            s.Literal("yes", "true"),
            s.Literal("identifier", "pool1xvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxjllzk8"),
            s.Literal("number", "0.05"),
        ]
    ),
)


def grown(inner: st.SearchStrategy[s.Expr]) -> st.SearchStrategy[s.Expr]:
    flag = st.booleans()
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(s.Conjunction, several),
        st.builds(s.Disjunction, several),
        st.builds(s.Negation, inner),
        st.builds(s.Comparison, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner, inner),
        st.builds(s.Between, inner, inner, inner, flag),
        st.builds(
            s.Within,
            inner,
            st.lists(inner, min_size=1, max_size=3).map(tuple) | st.builds(s.File, st.text('abc/. "\\', max_size=9)) | NAMES,
            flag,
        ),
        st.builds(s.Match, st.just("like"), inner, st.builds(s.Literal, st.just("text"), st.text('ab*"\\ ', max_size=6)), flag),
        st.builds(s.Match, st.just("matches"), inner, st.just(s.Literal("pattern", "^a\\/b$")), flag),
        st.builds(s.Match, st.sampled_from(["starts_with", "contains"]), inner, LITERALS, st.just(False)),
        st.builds(s.IsNull, inner, flag),
        st.builds(s.Quantifier, st.sampled_from(["any", "all", "none"]), COLLECTIONS, inner),
        st.builds(s.CountCall, COLLECTIONS, st.none() | inner),
        st.builds(s.SumCall, NAMES),
    )


TREES = st.recursive(NAMES | LITERALS, grown, max_leaves=12)


@settings(max_examples=400, deadline=None)
@given(tree=TREES)
def test_what_is_written_parses_to_the_same_tree(tree: s.Expr) -> None:
    text = write(tree)
    again = parse(text)
    assert again == tree
    assert write(again) == text


@pytest.mark.parametrize("text", cases(LANGUAGE))
def test_the_fixtures_round_trip(text: str) -> None:
    assert parse(write(parse(text))) == parse(text)


def test_the_grammar_has_no_conflicts() -> None:
    """LALR: Lark refuses reduce/reduce conflicts itself, and shift/reduce ones when it is strict."""
    Lark(read_grammar("filter.lark"), parser="lalr", strict=False, maybe_placeholders=True)


SEEDS = cases(LANGUAGE) + cases(ERRORS)


def answer(text: str) -> None:
    try:
        check(parse(text), SETTING)
    except s.FilterError as error:
        assert error.slips
        assert all(slip.what and 0 <= slip.at.start <= len(text) + 1 for slip in error.slips)


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_any_changed_filter_is_a_filter_or_a_filter_error(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SEEDS))
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 12))
    piece = data.draw(
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(["(", ")", "not ", " and ", "any(", "0x", '"', "\\", "/", "[", "9" * 50, "\ud800", "\x00", "1e9"]),
        )
    )
    answer(text[:at] + piece + text[at + cut :])


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    answer(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "not " * 5_000 + "x",
        "any(outputs, " * 3_000,
        "[" * 5_000,
        "x" * 70_000,
        "a.b" * 9_999,
        "fee > " + "9" * 5_000 + " ada",
    ],
)
def test_enormous_texts_are_refused(text: str) -> None:
    with pytest.raises(s.FilterError):
        check(parse(text), SETTING)


FORMS = {
    "'{}'": "abc defg 'x".replace("'", ""),
    '"{}"': None,
    "'''\n{}'''": None,
    '"""\n{}"""': None,
}


@settings(max_examples=300, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(["abc", " ", "é", "😀", "\n", "\\t", '\\"', "\\\\", "\\u00e9", "\\U0001F600", "x"]),
        min_size=1,
        max_size=12,
    ),
    form=st.sampled_from(list(FORMS)),
)
def test_places_inside_texts_are_exact(words: list[str], form: str) -> None:
    """The character that stands at the place is the one that the text has there, or the escape for it."""
    basic = '"' in form
    long = form.count("'") > 2 or form.count('"') > 2
    parts = [word for word in words if (basic or not word.startswith("\\")) and (long or word != "\n")]
    source = "a = 1\n  key = " + form.replace("{}", "".join(parts)) + "\nb = 2\n"
    value = tomllib.loads(source)["key"]
    at = find_positions(source).value(("key",))
    lines = source.split("\n")
    for offset, character in enumerate(value):
        place = place_inside(source, at, offset)
        rest = "\n".join(lines[place.line - 1 :])[place.col - 1 :]
        if rest[0] == "\\" and basic:
            shown = tomllib.loads(f'x = "{rest[: {"u": 6, "U": 10}.get(rest[1], 2)]}"')["x"]
            assert shown == character
        else:
            assert rest[0] == character


def test_a_slip_deep_in_a_plan_is_told_at_its_own_place(tmp_path: Path) -> None:
    from nectar.compiler.load import read_plan
    from nectar.errors import PlanError

    (tmp_path / "wallets.txt").write_text("addr_test1oops\n")
    text = """[plan]
network = "preview"
nam = "x"

[processors]
transactions = true
metadata = true

[filters]
where = '''
  fee > 5 ada
  and has_mnt and any(outputs, address in @file("wallets.txt"))
'''

[filters.rows]
tx_out = "valeu > 5 ada"
tx_outs = "value > 5 ada"

[[views]]
name = "tx"
from = "tx_metadata"
where = 'label = 5'

[[views]]
name = "patterns"
from = "tx_metadata"
where = 'text matches /a+/'
"""
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path / "plan.toml")
    told = [(Path(one.file).name, one.line, one.col, one.code) for one in caught.value.complaints]
    assert sorted(told) == sorted(
        [
            ("plan.toml", 3, 1, "NEC-P010"),
            ("plan.toml", 12, 7, "NEC-F010"),
            ("wallets.txt", 1, 1, "NEC-F030"),
            ("plan.toml", 16, 11, "NEC-F010"),
            ("plan.toml", 17, 1, "NEC-F051"),
            ("plan.toml", 20, 8, "NEC-P016"),
            ("plan.toml", 22, 16, "NEC-F001"),
            ("plan.toml", 27, 10, "NEC-F052"),
        ]
    )
    assert load_text(text, "plan.toml").text == text
