"""A plan's filters and views: expressions read and checked, and everything that follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

from nectar.cardano.network import Network
from nectar.compiler.bounds import bounds_of
from nectar.compiler.shorthands import desugar
from nectar.config.complaints import Complaints
from nectar.config.plan import NAMED_NETWORKS, Plan
from nectar.config.positions import TomlPath
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
from nectar.tables import Kind, Table

_MAINNET = 764_824_073


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


def compile_filters(plan: Plan, network: Network, tables: Sequence[Table], complaints: Complaints) -> CompiledFilters:
    """What is wrong is added to `complaints`, and left out of what is given back."""
    reader = _Reader(plan, network, tables, complaints)
    where = reader.where()
    rows = tuple(reader.rows())
    if where is None:
        reader.useless()
        return CompiledFilters(rows=rows)
    watched = tuple(dict.fromkeys(reader.watched(where)))
    unknown = can_be_unknown(where)
    filters = plan.filters
    if not unknown and filters.on_unknown != "drop":
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


def compile_views(
    plan: Plan, network: Network, tables: Sequence[Table], complaints: Complaints, dialect: str
) -> tuple[CompiledView, ...]:
    """Those that the dialect can express; a complaint for each of the others."""
    reader = _Reader(plan, network, tables, complaints)
    return tuple(reader.views(dialect))


def check_tests(plan: Plan, tables: Sequence[Table], complaints: Complaints) -> None:
    """Tables whose rows a test counts must be filled by the plan."""
    names = [table.name for table in tables]
    for at, test in enumerate(plan.tests):
        for name, _ in test.rows:
            if name not in names:
                near = get_close_matches(name, names, 1)
                hint = f"did you mean {near[0]}?" if near else "switch on the processor that fills it"
                path = ("tests", at, "rows", name)
                complaints.add(codes.NO_TABLE, f"this plan fills no table {name}", path, at="key", suggestion=hint)


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


def network_facts(network: Network) -> NetworkFacts:
    magic = None if network.magic == _MAINNET else network.magic
    return NetworkFacts(network.name, network.network_id, magic, network.home not in NAMED_NETWORKS)


def scope_of_view(table: Table, tables: Sequence[Table]) -> Scope:
    """A view of transactions can ask everything of them; of any other table its columns."""
    own = table_scope(table, tables)
    if table.name != "tx":
        return own
    return replace(TX, fields={**own.fields, **TX.fields})


@dataclass(slots=True)
class _Reader:
    plan: Plan
    network: Network
    tables: Sequence[Table]
    complaints: Complaints

    def read(self, text: str, path: TomlPath, setting: Setting, bounds: Bounds) -> tree.Test | None:
        """A checked expression; slips become complaints at their own characters."""
        try:
            test = check(parse(text), setting)
        except FilterError as error:
            for slip in error.slips:
                self.complaints.add_inside(
                    slip.code,
                    slip.what,
                    path,
                    slip.at.start,
                    allowed=slip.allowed,
                    suggestion=slip.hint,
                    file=slip.file,
                    line=slip.line,
                )
            return None
        return test if self.sensible(test, path, bounds, setting.base) else None

    def sensible(self, test: tree.Test, path: TomlPath, bounds: Bounds, base: Scope = TX) -> bool:
        found = trouble(test, bounds, [base])
        for kind, what in found:
            hint = "leave it out" if kind == "constant" else "nothing could ever match"
            self.complaints.add_inside(
                codes.CONSTANT if kind == "constant" else codes.CONTRADICTION, what, path, 0, suggestion=hint
            )
        return not found

    def setting(self, path: TomlPath, base: Scope = TX) -> Setting:
        return Setting(network_facts(self.network), self.complaints.document.folder(path), base)

    def of_rows(self, path: TomlPath, table: Table) -> Setting:
        folder = self.complaints.document.folder(path)
        return Setting(network_facts(self.network), folder, table_scope(table, self.tables), {}, None)

    def where(self) -> tree.Test | None:
        """The shorthands and `where`, joined with and."""
        filters, bounds = self.plan.filters, bounds_of(self.plan.sync, self.network)
        parts: list[tree.Test] = []
        for key, test in desugar(filters.shorthands):
            if self.sensible(test, ("filters", key), bounds):
                parts.append(test)
        alone = len(parts)
        if filters.where:
            found = self.read(filters.where, ("filters", "where"), self.setting(("filters", "where")), bounds)
            if found is not None:
                parts += found.parts if isinstance(found, tree.And) else (found,)
        if not parts:
            return None
        whole: tree.Test = parts[0] if len(parts) == 1 else tree.And(tuple(parts))
        if alone and len(parts) > alone:
            self.sensible(whole, ("filters", "where"), bounds)
        return whole

    def useless(self) -> None:
        """`keep` and `on_unknown` without anything that they are about."""
        filters, complaints = self.plan.filters, self.complaints
        if filters.where or filters.shorthands != type(filters.shorthands)():
            return  # there was one, and it was complained about
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
                continue
            if table.kind is not Kind.FACT:
                what = f"rows of {name} follow from other rows, which name them"
                self.complaints.add(codes.NO_TABLE, what, path, at="key", suggestion="filter the rows that name them")
                continue
            test = self.read(text, path, self.of_rows(path, table), {})
            if test is not None:
                yield name, test

    def table(self, name: str, path: TomlPath, named: dict[str, Table]) -> Table | None:
        if name in named:
            return named[name]
        near = get_close_matches(name, named, 1)
        hint = f"did you mean {near[0]}?" if near else "switch on the processor that fills it"
        self.complaints.add(
            codes.NO_TABLE, f"this plan fills no table {name}", path, at="key" if path[-1] == name else "value", suggestion=hint
        )
        return None

    def views(self, dialect: str) -> Iterator[CompiledView]:
        named = {table.name: table for table in self.tables}
        target = target_of(self.network, self.tables, dialect)
        for at, view in enumerate(self.plan.views):
            if view.name in named or view.name.startswith("nectar_"):
                what = f"there is a table {view.name} already"
                self.complaints.add("NEC-P016", what, ("views", at, "name"), suggestion="give the view another name")
            table = self.table(view.table, ("views", at, "from"), named)
            if table is None:
                continue
            base = scope_of_view(table, self.tables)
            path: TomlPath = ("views", at, "where")
            setting = self.setting(path, base) if table.name == "tx" else self.of_rows(path, table)
            test = self.read(view.where, path, setting, {})
            if test is None:
                continue
            try:
                to_sql(test, target, [base])
            except NotInSql as error:
                self.complaints.add_inside(codes.NO_SQL, f"{dialect} cannot show this view: {error}", path, 0)
                continue
            yield CompiledView(view.name, view.table, test)

    def watched(self, where: tree.Test) -> Iterator[tree.Test]:
        """What is asked of spent outputs. It must be about the output alone, so that it can be answered when it is made."""
        for test in tree.walk(where):
            for each, body in _inputs(test):
                if body is None or named_only(body):
                    continue
                if body == "sum" or any(ref.var != each.var for inner in tree.walk(body) for ref in tree.refs_of(inner)):
                    what = "this asks of spent outputs what is not known when they are made"
                    hint = "inside any(inputs, ..) ask about the output alone; there are no sums over inputs"
                    self.complaints.add_inside(codes.UNKNOWABLE, what, ("filters", "where"), 0, suggestion=hint)
                    continue
                yield body

    def check_knowable(self, watched: Sequence[tree.Test]) -> None:
        """Outputs made before the plan's start are not known; the plan must say what that does."""
        from nectar.config.bound import AtOrigin

        if watched and not isinstance(self.plan.sync.start, AtOrigin) and not self.complaints.has(("filters", "on_unknown")):
            what = "inputs spend outputs from before the plan's start, which this run cannot know"
            hint = 'start at the origin, or say on_unknown = "drop" (or "keep") to go on all the same'
            self.complaints.add_inside(codes.UNKNOWABLE, what, ("filters", "where"), 0, suggestion=hint)


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
