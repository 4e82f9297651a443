"""A plan's filters and views: their expressions are read and checked, and the needles, questions and needs derived from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from nectar.cardano.network import Network
from nectar.compiler.field_bounds import bounds_of
from nectar.compiler.internal_tables import MOST_QUESTIONS
from nectar.compiler.shorthands import desugar
from nectar.config.complaints.collector import Complaints
from nectar.config.document.positions import TomlPath
from nectar.config.plan.bounds import AtOrigin
from nectar.config.plan.keys import NAMED_NETWORKS, Plan
from nectar.config.plan.load import CHOOSING
from nectar.decode.want import Want
from nectar.filterlang import codes, tree
from nectar.filterlang.check import check
from nectar.filterlang.literals import NetworkFacts
from nectar.filterlang.names import Setting
from nectar.filterlang.parse import parse
from nectar.filterlang.ranges import Bounds, trouble
from nectar.filterlang.scopes import TX, Scope
from nectar.filterlang.syntax import FilterError
from nectar.filterlang.table_scope import table_scope
from nectar.filterlang.to_needles import Needles, named_only, to_needles
from nectar.filterlang.to_sql import NotInSql, Target, to_sql
from nectar.filterlang.unknown import SCOPES, can_be_unknown
from nectar.genesis.files import network as network_of
from nectar.tables import Kind, Table

_MAINNET = 764_824_073
_TAKEN = ("idx_", "nectar_", "sqlite_")


@dataclass(frozen=True, slots=True)
class CompiledView:
    name: str
    table: str
    test: tree.Test


@dataclass(frozen=True, slots=True)
class CompiledFilters:
    """The tests that choose transactions and rows, and what the runner must track for them.

    `where` joins the plan's `where` and its shorthands; None keeps every transaction. `rows`: (table, test of its rows).
    `questions`: tests of spent outputs, each answered when the output is created. `follows`: the spending of a kept output is
    recorded even where the filter drops the spender. `unknown`: the filter's answer can be unknown.
    """

    where: tree.Test | None = None
    keep: Literal["row", "tx", "block"] = "tx"
    on_unknown: Literal["drop", "keep", "error"] = "drop"
    rows: tuple[tuple[str, tree.Test], ...] = ()
    needles: Needles = ()
    questions: tuple[tree.Test, ...] = ()
    follows: bool = False
    unknown: bool = False

    def __bool__(self) -> bool:
        return self.where is not None or bool(self.rows)

    @property
    def ordered(self) -> bool:
        """Whether a block's rows depend on the blocks before it, so that ranges must come in the chain's order."""
        return self.follows or bool(self.questions)

    @property
    def remembers(self) -> bool:
        """Whether kept outputs have a table of their own, because a filter of rows may drop their rows of `tx` or `tx_out`."""
        return self.follows and any(name in ("tx", "tx_out") for name, _ in self.rows)


def compile_filters(reader: ExpressionReader) -> CompiledFilters:
    """The plan's filters. A faulty expression becomes a complaint and is left out of the result."""
    plan, filters = reader.plan, reader.plan.filters
    where = reader.where()
    rows = tuple(reader.rows())
    if where is None:
        reader.complain_of_useless_keys()
        return CompiledFilters(rows=rows)
    questions = tuple(dict.fromkeys(reader.input_questions(where)))
    reader.check_room(questions)
    unknown = can_be_unknown(where)
    if not unknown and filters.on_unknown != "drop" and reader.whole:
        reader.complaints.add(
            "NEC-P021",
            "on_unknown does nothing: this filter is always known",
            ("filters", "on_unknown"),
            at="key",
            suggestion="leave it out",
        )
    reader.check_knowable(questions)
    transactions = plan.processors.transactions
    return CompiledFilters(
        where,
        filters.keep,
        filters.on_unknown,
        rows,
        to_needles(where, unknown_too=filters.on_unknown != "drop"),
        questions,
        transactions is not None and transactions.resolve_inputs != "off",
        unknown,
    )


def compile_views(reader: ExpressionReader, dialect: str | None) -> tuple[CompiledView, ...]:
    """The views that the dialect can express. Every other view becomes a complaint."""
    return tuple(reader.views(dialect))


def check_tests(reader: ExpressionReader) -> None:
    """Complains of a [[tests]] entry that counts rows of a table which the plan does not fill."""
    named = {table.name: table for table in reader.tables}
    for index, test in enumerate(reader.plan.tests):
        for name, _ in test.rows:
            reader.table(name, ("tests", index, "rows", name), named)


def wanted_by(filters: CompiledFilters) -> Want:
    """The fields that must be decoded before the filters can be evaluated."""
    if filters.where is None:
        return Want(0)
    want = Want.TXS
    for test in tree.walk(filters.where):
        for ref in tree.refs_of(test):
            for name in SCOPES[ref.scope].fields[ref.field].needs:
                want |= Want[name]
        for each in tree.each_of(test):
            for name in SCOPES[each.scope].needs:
                want |= Want[name]
    return want | Want.OUTPUTS if filters.ordered else want


def target_of(network: Network, tables: Sequence[Table], dialect: str) -> Target:
    """The database that a test's SQL is written for: dialect, first slots of eras, tables."""
    eras = {"byron": 1, "shelley": 2, "allegra": 3, "mary": 4, "alonzo": 5, "babbage": 6, "conway": 7}
    named = {table.name: table for table in tables}
    with_id = "tx_out" in named and "address_id" in named["tx_out"].column_names
    return Target(dialect, tuple((slot, eras[era]) for slot, era in network.era_tags()), with_id, frozenset(named))


def network_facts(network: Network | None) -> NetworkFacts:
    if network is None:
        return NetworkFacts("", 0, None, custom=True, known=False)
    magic = None if network.magic == _MAINNET else network.magic
    return NetworkFacts(network.name, network.network_id, magic, network.home not in NAMED_NETWORKS)


def scope_of_view(table: Table, tables: Sequence[Table]) -> Scope:
    """The names that a view's condition may use: for `tx` the whole filter language, for another table its columns."""
    columns = table_scope(table, tables)
    if table.name != "tx":
        return columns
    return replace(TX, fields={**columns.fields, **TX.fields})


@dataclass(slots=True)
class ExpressionReader:
    """Reads a plan's expressions and turns their slips into complaints.

    `network`: None when the plan's network is not known. `whole`: whether all keys that choose transactions were readable.
    """

    plan: Plan
    network: Network | None
    tables: Sequence[Table]
    complaints: Complaints
    whole: bool = True

    def read(self, text: str, path: TomlPath, setting: Setting, bounds: Bounds) -> tree.Test | None:
        """The checked expression. Slips become complaints at their own characters, and the result is None."""
        try:
            test = check(parse(text), setting)
        except FilterError as error:
            for slip in error.slips:
                if slip.file:
                    self.complaints.add_elsewhere(slip.code, slip.what, path, slip.file, slip.line, slip.hint)
                else:
                    self.inside(slip.code, slip.what, path, slip.at.start, slip.hint, slip.allowed)
            return None
        return test if self.is_sensible(test, path, bounds, setting.base) else None

    def check_spelling(self, text: str, path: TomlPath) -> None:
        """Complains of syntax errors alone: the expression is about a table that the plan does not fill."""
        try:
            parse(text or "true")
        except FilterError as error:
            for slip in error.slips:
                self.inside(slip.code, slip.what, path, slip.at.start, slip.hint, slip.allowed)

    def inside(self, code: str, what: str, path: TomlPath, offset: int = 0, hint: str = "", allowed: str = "") -> None:
        """A complaint about one character of an expression. It repeats no word of an expression that may not be shown."""
        if not self.complaints.shows(path):
            what, hint = f"in this expression: {codes.MEANINGS[code].lower()}", ""
        self.complaints.add_inside(code, what, path, offset, allowed=allowed, suggestion=hint)

    def is_sensible(self, test: tree.Test, path: TomlPath, bounds: Bounds, base: Scope = TX) -> bool:
        """Complains of constants and contradictions. Returns whether there are none."""
        troubles = trouble(test, bounds, [base])
        for kind, what in troubles:
            hint = "leave it out" if kind == "constant" else "nothing could ever match"
            self.inside(codes.CONSTANT if kind == "constant" else codes.CONTRADICTION, what, path, 0, hint)
        return not troubles

    def setting(self, path: TomlPath, base: Scope = TX) -> Setting:
        return Setting(network_facts(self.network), self.complaints.document.folder(path), base)

    def of_rows(self, path: TomlPath, table: Table, *, when_made: bool = False) -> Setting:
        """The setting of an expression about a table's rows. `when_made`: it is evaluated before the rows reach the database."""
        folder = self.complaints.document.folder(path)
        in_database = table_scope(table, self.tables)
        base = table_scope(table, self.tables, when_made=True) if when_made else in_database
        later = frozenset(in_database.fields.keys() - base.fields.keys())
        return Setting(network_facts(self.network), folder, base, {}, None, later)

    def where(self) -> tree.Test | None:
        """The shorthands and `where`, joined with `and`; None when there are none."""
        filters = self.plan.filters
        bounds = bounds_of(self.plan.sync, self.network) if self.network is not None else {}
        self.whole = all(self.complaints.sound(("filters", key)) for key in CHOOSING) and not self.complaints.partial
        parts: list[tree.Test] = []
        for key, shorthand in desugar(filters):
            if self.is_sensible(shorthand, ("filters", key), bounds):
                parts.append(shorthand)
            else:
                self.whole = False
        shorthands = len(parts)
        if filters.where:
            test = self.read(filters.where, ("filters", "where"), self.setting(("filters", "where")), bounds)
            if test is not None:
                parts += test.parts if isinstance(test, tree.And) else (test,)
            else:
                self.whole = False
        if not parts:
            return None
        joined: tree.Test = parts[0] if len(parts) == 1 else tree.And(tuple(parts))
        if shorthands and len(parts) > shorthands:
            self.is_sensible(joined, ("filters", "where"), bounds)
        return joined

    def complain_of_useless_keys(self) -> None:
        """`keep` and `on_unknown` mean nothing without a filter of transactions."""
        complaints = self.complaints
        if not self.whole:
            return  # a faulty filter, about which there is a complaint already
        for key in ("keep", "on_unknown"):
            if complaints.has(("filters", key)):
                what = f"{key} does nothing without a filter of transactions"
                complaints.add("NEC-P021", what, ("filters", key), at="key", suggestion="write where, or leave it out")

    def rows(self) -> Iterator[tuple[str, tree.Test]]:
        """(table, test) of each entry of [filters.rows]."""
        named = {table.name: table for table in self.tables}
        for name, text in self.plan.filters.rows:
            path = ("filters", "rows", name)
            table = self.table(name, path, named)
            if table is None:
                self.check_spelling(text, path)
                continue
            if table.kind is not Kind.FACT:
                what = f"rows of {name} follow from other rows, which name them"
                self.complaints.add(codes.NO_TABLE, what, path, at="key", suggestion="filter the rows that name them")
                continue
            test = self.read(text, path, self.of_rows(path, table, when_made=True), {})
            if test is not None:
                yield name, test

    def table(self, name: str, path: TomlPath, named: dict[str, Table]) -> Table | None:
        """The plan's table of this name; a complaint and None when the plan fills no such table."""
        if name in named:
            return named[name]
        near = get_close_matches(name, named, 1)
        hint = f"did you mean {near[0]}?" if near else "switch on the processor that fills it"
        what = f"this plan fills no table {name if self.complaints.shows(path) else 'of this name'}"
        self.complaints.add(codes.NO_TABLE, what, path, at="key" if path[-1] == name else "value", suggestion=hint)
        return None

    def views(self, dialect: str | None) -> Iterator[CompiledView]:
        named = {table.name: table for table in self.tables}
        for index, view in enumerate(self.plan.views):
            self.check_name(view.name, ("views", index, "name"), named)
            path: TomlPath = ("views", index, "where")
            table = self.table(view.table, ("views", index, "from"), named) if view.table else None
            if table is None:
                self.check_spelling(view.where, path)
                continue
            base = scope_of_view(table, self.tables)
            setting = self.setting(path, base) if table.name == "tx" else self.of_rows(path, table)
            test = self.read(view.where, path, setting, {}) if view.where else None
            if test is not None and view.name and self.can_show(test, path, base, dialect):
                yield CompiledView(view.name, view.table, test)

    def check_name(self, name: str, path: TomlPath, named: dict[str, Table]) -> None:
        """Complains of a taken name: in SQLite tables, indexes and views share one namespace, and `sqlite_` is reserved."""
        if name in named or name.startswith(_TAKEN):
            what = f"a table or an index of the database is called {name}, or could be"
            if not self.complaints.shows(path):
                what = "a table or an index of the database is called so, or could be"
            hint = f"give the view another name, which begins with none of {', '.join(_TAKEN)}"
            self.complaints.add("NEC-P016", what, path, suggestion=hint, spoils=False)

    def can_show(self, test: tree.Test, path: TomlPath, base: Scope, dialect: str | None) -> bool:
        if dialect is None:
            return True
        network = self.network or network_of("preview")  # the network changes only numbers in the SQL
        try:
            to_sql(test, target_of(network, self.tables, dialect), [base])
        except NotInSql as error:
            self.inside(codes.NO_SQL, f"{dialect} cannot show this view: {error}", path)
            return False
        return True

    def input_questions(self, where: tree.Test) -> Iterator[tree.Test]:
        """The tests of spent outputs. Each must be about the output alone, to be answered when the output is created."""
        for test in tree.walk(where):
            for over_inputs in _over_inputs(test):
                match over_inputs:
                    case tree.Any(_, body) | tree.Count(_, body) if body is None or named_only(body):
                        continue
                    case tree.Any(each, body) | tree.Count(each, body) if body is not None and _is_about(each.var, body):
                        yield body
                    case _:
                        what = "this asks of spent outputs what is not known when they are made"
                        hint = "inside any(inputs, ..) ask about the output alone; there are no sums over inputs"
                        self.inside(codes.UNKNOWABLE, what, ("filters", "where"), 0, hint)

    def check_room(self, questions: Sequence[tree.Test]) -> None:
        """Complains of too many questions: all answers together must fit into one column."""
        if len(questions) > MOST_QUESTIONS:
            what = f"this filter asks {len(questions)} different questions about inputs; {MOST_QUESTIONS} are the most"
            hint = "join them: any(inputs, A or B) is one question; lists of values with in (..) or in @file are one too"
            self.complaints.add_inside(codes.TOO_MANY, what, ("filters", "where"), 0, suggestion=hint)

    def check_knowable(self, questions: Sequence[tree.Test]) -> None:
        """Complains of a plan that starts late and does not say what to do about outputs created before its start."""
        if questions and not isinstance(self.plan.sync.start, AtOrigin) and not self.complaints.has(("filters", "on_unknown")):
            what = "inputs spend outputs from before the plan's start, which this run cannot know"
            hint = 'start at the origin, or say on_unknown = "drop" (or "keep") to go on all the same'
            self.inside(codes.UNKNOWABLE, what, ("filters", "where"), 0, hint)


def _over_inputs(test: tree.Test) -> Iterator[tree.Any | tree.Count | tree.Sum]:
    """The quantifier, counts and sums over `inputs` of which this test is made."""
    match test:
        case tree.Any(each) if each.scope == "inputs":
            yield test
        case tree.Compare(_, left, right):
            for term in (left, right):
                if isinstance(term, tree.Count | tree.Sum) and term.each.scope == "inputs":
                    yield term


def _is_about(var: str, body: tree.Test) -> bool:
    """Whether every field in `body` is one of the element that `var` stands for."""
    return all(ref.var == var for test in tree.walk(body) for ref in tree.refs_of(test))
