"""A plan's filters and views: expressions read and checked, and everything that follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

from nectar.cardano.network import Network
from nectar.compiler.field_bounds import bounds_of
from nectar.compiler.internal_tables import MOST_QUESTIONS
from nectar.compiler.shorthands import desugar
from nectar.config.complaints.collector import Complaints
from nectar.config.document.positions import TomlPath
from nectar.config.plan.load import CHOOSING
from nectar.config.plan.model import NAMED_NETWORKS, Plan
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
    """`where` is all that chooses transactions, the shorthands too; None keeps every one. `rows` are tests of tables' rows.

    `watched`: what is asked of spent outputs, each answered when the output is made. `follows`: spends of kept outputs are
    recorded whatever the filter says of the spender. `unknown`: the filter can be unknown of a transaction.
    """

    where: tree.Test | None = None
    keep: Literal["row", "tx", "block"] = "tx"
    on_unknown: Literal["drop", "keep", "error"] = "drop"
    rows: tuple[tuple[str, tree.Test], ...] = ()
    needles: Needles = ()
    watched: tuple[tree.Test, ...] = ()
    follows: bool = False
    unknown: bool = False

    def __bool__(self) -> bool:
        return self.where is not None or bool(self.rows)

    @property
    def ordered(self) -> bool:
        """Whether a block's rows depend on the blocks before it, so that ranges must come in the chain's order."""
        return self.follows or bool(self.watched)

    @property
    def remembers(self) -> bool:
        """Whether kept outputs are written down apart, since the rows that would tell of them are filtered."""
        return self.follows and any(name in ("tx", "tx_out") for name, _ in self.rows)


def compile_filters(reader: ExpressionReader) -> CompiledFilters:
    """What is wrong is added to the complaints, and left out of what is given back."""
    plan, filters = reader.plan, reader.plan.filters
    where = reader.where()
    rows = tuple(reader.rows())
    if where is None:
        reader.useless()
        return CompiledFilters(rows=rows)
    watched = tuple(dict.fromkeys(reader.watched(where)))
    reader.check_room(watched)
    unknown = can_be_unknown(where)
    if not unknown and filters.on_unknown != "drop" and reader.whole:
        reader.complaints.add(
            "NEC-P021",
            "on_unknown does nothing: this filter is always known",
            ("filters", "on_unknown"),
            at="key",
            suggestion="leave it out",
        )
    reader.check_knowable(watched)
    transactions = plan.processors.transactions
    return CompiledFilters(
        where,
        filters.keep,
        filters.on_unknown,
        rows,
        to_needles(where, unknown_too=filters.on_unknown != "drop"),
        watched,
        transactions is not None and transactions.resolve_inputs != "off",
        unknown,
    )


def compile_views(reader: ExpressionReader, dialect: str | None) -> tuple[CompiledView, ...]:
    """Those that the dialect can express; a complaint for each of the others."""
    return tuple(reader.views(dialect))


def check_tests(reader: ExpressionReader) -> None:
    """Tables whose rows a test counts must be filled by the plan."""
    named = {table.name: table for table in reader.tables}
    for index, test in enumerate(reader.plan.tests):
        for name, _ in test.rows:
            reader.table(name, ("tests", index, "rows", name), named)


def wanted_by(filters: CompiledFilters) -> Want:
    """What must be decoded so that the filters can be asked."""
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
    """What SQL is written for."""
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
    """A view of transactions can ask everything of them; of any other table its columns."""
    own = table_scope(table, tables)
    if table.name != "tx":
        return own
    return replace(TX, fields={**own.fields, **TX.fields})


@dataclass(slots=True)
class ExpressionReader:
    """`network` None: it is not known. `whole`: whether everything that chooses transactions could be read so far."""

    plan: Plan
    network: Network | None
    tables: Sequence[Table]
    complaints: Complaints
    whole: bool = True

    def read(self, text: str, path: TomlPath, setting: Setting, bounds: Bounds) -> tree.Test | None:
        """A checked expression; slips become complaints at their own characters."""
        try:
            test = check(parse(text), setting)
        except FilterError as error:
            for slip in error.slips:
                if slip.file:
                    self.complaints.add_elsewhere(slip.code, slip.what, path, slip.file, slip.line, slip.hint)
                else:
                    self.inside(slip.code, slip.what, path, slip.at.start, slip.hint, slip.allowed)
            return None
        return test if self.sensible(test, path, bounds, setting.base) else None

    def spelled(self, text: str, path: TomlPath) -> None:
        """Of an expression about a table that is not known, what can be said all the same."""
        try:
            parse(text or "true")
        except FilterError as error:
            for slip in error.slips:
                self.inside(slip.code, slip.what, path, slip.at.start, slip.hint, slip.allowed)

    def inside(self, code: str, what: str, path: TomlPath, offset: int = 0, hint: str = "", allowed: str = "") -> None:
        """A complaint about a character of an expression, whose words are not repeated where they may not be shown."""
        if not self.complaints.shows(path):
            what, hint = f"in this expression: {codes.MEANINGS[code].lower()}", ""
        self.complaints.add_inside(code, what, path, offset, allowed=allowed, suggestion=hint)

    def sensible(self, test: tree.Test, path: TomlPath, bounds: Bounds, base: Scope = TX) -> bool:
        found = trouble(test, bounds, [base])
        for kind, what in found:
            hint = "leave it out" if kind == "constant" else "nothing could ever match"
            self.inside(codes.CONSTANT if kind == "constant" else codes.CONTRADICTION, what, path, 0, hint)
        return not found

    def setting(self, path: TomlPath, base: Scope = TX) -> Setting:
        return Setting(network_facts(self.network), self.complaints.document.folder(path), base)

    def of_rows(self, path: TomlPath, table: Table, *, when_made: bool = False) -> Setting:
        """`when_made`: rows are asked as they are made, not in the database."""
        folder = self.complaints.document.folder(path)
        whole = table_scope(table, self.tables)
        base = table_scope(table, self.tables, when_made=True) if when_made else whole
        later = frozenset(whole.fields.keys() - base.fields.keys())
        return Setting(network_facts(self.network), folder, base, {}, None, later)

    def where(self) -> tree.Test | None:
        """The shorthands and `where`, joined with and."""
        filters = self.plan.filters
        bounds = bounds_of(self.plan.sync, self.network) if self.network is not None else {}
        self.whole = all(self.complaints.sound(("filters", key)) for key in CHOOSING) and not self.complaints.partial
        parts: list[tree.Test] = []
        for key, test in desugar(filters):
            if self.sensible(test, ("filters", key), bounds):
                parts.append(test)
            else:
                self.whole = False
        alone = len(parts)
        if filters.where:
            found = self.read(filters.where, ("filters", "where"), self.setting(("filters", "where")), bounds)
            if found is not None:
                parts += found.parts if isinstance(found, tree.And) else (found,)
            else:
                self.whole = False
        if not parts:
            return None
        whole: tree.Test = parts[0] if len(parts) == 1 else tree.And(tuple(parts))
        if alone and len(parts) > alone:
            self.sensible(whole, ("filters", "where"), bounds)
        return whole

    def useless(self) -> None:
        """`keep` and `on_unknown` without anything that they are about."""
        complaints = self.complaints
        if not self.whole:
            return  # there is one, or may be one, that was complained about
        for key in ("keep", "on_unknown"):
            if complaints.has(("filters", key)):
                what = f"{key} does nothing without a filter of transactions"
                complaints.add("NEC-P021", what, ("filters", key), at="key", suggestion="write where, or leave it out")

    def rows(self) -> Iterator[tuple[str, tree.Test]]:
        named = {table.name: table for table in self.tables}
        for name, text in self.plan.filters.rows:
            path = ("filters", "rows", name)
            table = self.table(name, path, named)
            if table is None:
                self.spelled(text, path)
                continue
            if table.kind is not Kind.FACT:
                what = f"rows of {name} follow from other rows, which name them"
                self.complaints.add(codes.NO_TABLE, what, path, at="key", suggestion="filter the rows that name them")
                continue
            test = self.read(text, path, self.of_rows(path, table, when_made=True), {})
            if test is not None:
                yield name, test

    def table(self, name: str, path: TomlPath, named: dict[str, Table]) -> Table | None:
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
                self.spelled(view.where, path)
                continue
            base = scope_of_view(table, self.tables)
            setting = self.setting(path, base) if table.name == "tx" else self.of_rows(path, table)
            test = self.read(view.where, path, setting, {}) if view.where else None
            if test is not None and view.name and self.can_show(test, path, base, dialect):
                yield CompiledView(view.name, view.table, test)

    def check_name(self, name: str, path: TomlPath, named: dict[str, Table]) -> None:
        """Tables, indexes and views share one space of names in SQLite, and what begins with sqlite_ is its own."""
        if name in named or name.startswith(_TAKEN):
            what = f"a table or an index of the database is called {name}, or could be"
            if not self.complaints.shows(path):
                what = "a table or an index of the database is called so, or could be"
            hint = f"give the view another name, which begins with none of {', '.join(_TAKEN)}"
            self.complaints.add("NEC-P016", what, path, suggestion=hint, spoils=False)

    def can_show(self, test: tree.Test, path: TomlPath, base: Scope, dialect: str | None) -> bool:
        if dialect is None:
            return True
        network = self.network or network_of("preview")  # which one it is changes numbers alone
        try:
            to_sql(test, target_of(network, self.tables, dialect), [base])
        except NotInSql as error:
            self.inside(codes.NO_SQL, f"{dialect} cannot show this view: {error}", path)
            return False
        return True

    def watched(self, where: tree.Test) -> Iterator[tree.Test]:
        """What is asked of spent outputs. It must be about the output alone, so that it can be answered when it is made."""
        for test in tree.walk(where):
            for each, body in _inputs(test):
                if body is None or (body != "sum" and named_only(body)):
                    continue
                if body == "sum" or any(ref.var != each.var for inner in tree.walk(body) for ref in tree.refs_of(inner)):
                    what = "this asks of spent outputs what is not known when they are made"
                    hint = "inside any(inputs, ..) ask about the output alone; there are no sums over inputs"
                    self.inside(codes.UNKNOWABLE, what, ("filters", "where"), 0, hint)
                    continue
                yield body

    def check_room(self, watched: Sequence[tree.Test]) -> None:
        """The answers must fit into their column, whatever they are."""
        if len(watched) > MOST_QUESTIONS:
            what = f"this filter asks {len(watched)} different questions about inputs; {MOST_QUESTIONS} are the most"
            hint = "join them: any(inputs, A or B) is one question; lists of values with in (..) or in @file are one too"
            self.complaints.add_inside(codes.TOO_MANY, what, ("filters", "where"), 0, suggestion=hint)

    def check_knowable(self, watched: Sequence[tree.Test]) -> None:
        """Outputs made before the plan's start are not known; the plan must say what that does."""
        from nectar.config.plan.bounds import AtOrigin

        if watched and not isinstance(self.plan.sync.start, AtOrigin) and not self.complaints.has(("filters", "on_unknown")):
            what = "inputs spend outputs from before the plan's start, which this run cannot know"
            hint = 'start at the origin, or say on_unknown = "drop" (or "keep") to go on all the same'
            self.inside(codes.UNKNOWABLE, what, ("filters", "where"), 0, hint)


def _inputs(test: tree.Test) -> Iterator[tuple[tree.Each, Any]]:
    match test:
        case tree.Any(each, body) if each.scope == "inputs":
            yield each, body
        case tree.Compare(_, left, right):
            for term in (left, right):
                if isinstance(term, tree.Count) and term.each.scope == "inputs":
                    yield term.each, term.body
                elif isinstance(term, tree.Sum) and term.each.scope == "inputs":
                    yield term.each, "sum"
