"""The fixtures: plain files of filters, and what becomes of each. NECTAR_UPDATE_GOLDEN=1 writes them anew, to be read before they are committed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from nectar.compiler.compile import compile_plan
from nectar.compiler.filters import network_facts, target_of
from nectar.config.plan.load import parse_plan
from nectar.filterlang import codes, syntax
from nectar.filterlang.check import check
from nectar.filterlang.names import Setting
from nectar.filterlang.parse import parse
from nectar.filterlang.ranges import trouble
from nectar.filterlang.scopes import BLOCK, COLLECTIONS, TX
from nectar.filterlang.syntax import FilterError
from nectar.filterlang.to_needles import to_needles
from nectar.filterlang.to_python import to_python
from nectar.filterlang.to_sql import NotInSql, to_sql
from nectar.filterlang.write import write
from nectar.filterlang.write_tree import text_of
from nectar.genesis.files import network
from nectar.runner.decoding.filtering import filter_functions
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.conftest import ROOT
from tests.filterlang import hand_made

HERE = Path(__file__).parent / "fixtures"
LANGUAGE, ERRORS = HERE / "language.txt", HERE / "errors.txt"
PREVIEW = network("preview")
SETTING = Setting(network_facts(PREVIEW), HERE)
COMPILED = compiled_from(EVERY_TABLE)
ENV = filter_functions(COMPILED)


def cases(path: Path) -> list[str]:
    """The filters of a file; every other line follows from them."""
    return [line.removeprefix("filter:").strip() for line in path.read_text().splitlines() if line.startswith("filter:")]


def language(text: str) -> Iterator[str]:
    parsed = parse(text)
    test = check(parsed, SETTING)
    yield f"filter:  {text}"
    if write(parsed) != text:
        yield f"written: {write(parsed)}"
    if text_of(test) != write(parsed):
        yield f"means:   {text_of(test)}"
    answers = to_python(test, ENV)
    for word, wanted in (("true", answers.true), ("false", answers.false)):
        yield f"{word + ':':<9}{' '.join(name for name, tx in hand_made.TXS.items() if wanted(tx, hand_made.BLOCK)) or '-'}"
    for clause in to_needles(test):
        yield f"needles: {' '.join(sorted(one.hex() for one in clause.strings))}{' or spends' if clause.spends else ''}"
    for dialect in ("sqlite", "mysql"):
        try:
            sql = to_sql(test, target_of(PREVIEW, COMPILED.tables, dialect))
        except NotInSql as error:
            sql = f"no: {error}"
        yield f"{dialect + ':':<9}{re.sub(r'[(]SELECT .tx_id. [*] 65536.*UNION ALL.*?[)] x1', '(certificates) x1', sql)}"


def errors(text: str) -> Iterator[str]:
    yield f"filter:  {text}"
    try:
        test = check(parse(text), SETTING)
    except FilterError as error:
        for slip in error.slips:
            yield f"         {' ' * slip.at.start}^"
            yield (
                f"{slip.code} {slip.what}"
                + (f" -> {slip.hint}" if slip.hint else "")
                + (f" [{slip.allowed}]" if slip.allowed else "")
            )
        return
    for kind, what in trouble(test, {("block", "slot"): (100, 200), ("block", "epoch"): (2, 3)}):
        yield f"{codes.CONSTANT if kind == 'constant' else codes.CONTRADICTION} {what}"


@pytest.mark.parametrize(("path", "told"), [(LANGUAGE, language), (ERRORS, errors)], ids=["language", "errors"])
def test_each_is_what_the_file_says(path: Path, told: object) -> None:
    assert callable(told)
    head = "".join(f"{line}\n" for line in path.read_text().splitlines() if line.startswith("#")) + "\n"
    text = head + "\n\n".join("\n".join(told(case)) for case in cases(path)) + "\n"
    if os.environ.get("NECTAR_UPDATE_GOLDEN"):
        path.write_text(text)
    assert path.read_text() == text


def test_every_mistake_is_told() -> None:
    for block in ERRORS.read_text().split("\n\n")[1:]:
        assert "NEC-F" in block, block


def test_the_fixtures_have_every_field_operator_and_literal() -> None:
    text = LANGUAGE.read_text()
    trees = [parse(case) for case in cases(LANGUAGE)]
    names = {part for one in trees for node in nodes(one) if isinstance(node, syntax.Name) for part in node.parts}
    for scope in (BLOCK, TX, *COLLECTIONS.values()):
        assert not set(scope.fields) - names, scope.name
    assert set(COLLECTIONS) <= names
    literals = {node.kind for one in trees for node in nodes(one) if isinstance(node, syntax.Literal)}
    assert literals == {"integer", "number", "amount", "epoch", "date", "hex", "text", "identifier", "pattern"} - {"number"}
    kinds = {type(node) for one in trees for node in nodes(one)}
    assert kinds >= {
        getattr(syntax, name)
        for name in [
            "Quantifier",
            "CountCall",
            "SumCall",
            "Comparison",
            "Between",
            "Within",
            "Match",
            "IsNull",
            "Negation",
            "Conjunction",
            "Disjunction",
            "File",
        ]
    }
    for word in (
        " like ",
        " matches ",
        " starts_with ",
        " contains ",
        " in ",
        "not in",
        "not like",
        "not between",
        "all(",
        "none(",
        "!=",
        "<=",
        ">=",
    ):
        assert word in text


def test_every_code_is_in_the_fixtures() -> None:
    known = set(codes.MEANINGS) - {codes.UNKNOWABLE, codes.NO_TABLE, codes.NO_SQL, codes.TOO_MANY}
    assert {code for code in known if code not in ERRORS.read_text()} == set()


def nodes(node: object) -> Iterator[object]:
    yield node
    if isinstance(node, tuple) and not isinstance(node, syntax.Span):
        for one in node:
            yield from nodes(one)
    elif hasattr(node, "__dataclass_fields__"):
        for one in fields(node):  # type: ignore[arg-type]
            yield from nodes(getattr(node, one.name))


GUIDE = (ROOT / "docs" / "filter-language.md").read_text()


@pytest.mark.parametrize("example", re.findall(r"```filter\n(.*?)```", GUIDE, re.DOTALL))
def test_the_guides_filters_are_filters(example: str) -> None:
    parsed = parse(example)
    assert parse(write(parsed)) == parsed
    check(parsed, SETTING)


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
def test_the_guides_plans_are_plans(example: str) -> None:
    compiled = compile_plan(parse_plan(f'[plan]\nnetwork = "preview"\n{example}', Path("plan.toml")))
    assert compiled.filters


def test_the_guides_shorthands_mean_what_it_says() -> None:
    pool = "pool16h8ugt8k0a4kxa5g6x062zjrgfjc7cehpw0ze8374axlul76932"
    plan = f'[plan]\nnetwork = "preview"\n[processors]\ntransactions = true\n[filters]\nmin_transaction_value = 1000000\nskip_tx_types = ["mint", "burn"]\npool_filter = ["{pool}"]\n'
    where = compile_plan(parse_plan(plan, Path("plan.toml"))).filters.where
    assert where is not None
    by_hand = (
        f"out_sum >= 1 ada and not has_burn and not has_mint and (any(certs, pool in [{pool}]) or any(votes, pool in [{pool}]))"
    )
    assert text_of(where) == by_hand.replace(
        "out_sum >= 1 ada and not has_burn and not has_mint", "out_sum >= 1 ada and not has_burn and not has_mint"
    )
