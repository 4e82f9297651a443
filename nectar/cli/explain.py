"""`nectar plan explain FILE`: what a plan means, and what it keeps of a sample of the chain."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nectar.cli.job import compiled_for
from nectar.cli.options import DatabaseOption, FormatOption, OutputFormat, ProfileOption

if TYPE_CHECKING:
    from nectar.compiler.compiled import CompiledPlan
    from nectar.filterlang.to_needles import Clause
    from nectar.runner.sample import Sample


WIDTH = 120
_KEPT = {"tx": "the transaction", "row": "its tx row, and the rows that match", "block": "every transaction of its block"}


def explain_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The plan file.")],
    sample: Annotated[
        Path | None, typer.Option("--sample", metavar="DIR", help="Run the plan on these chunk files: rows, bytes and time.")
    ] = None,
    form: FormatOption = OutputFormat.TEXT,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
) -> None:
    """Say what a plan means, and what a sample would give.

    Prints the filter in full, the facts that it cannot always know and why, the bytes by which it rules blocks out, and the
    tables, indexes and views. With --sample Nectar runs the plan on chunk files into a temporary database, and estimates time
    and bytes for the whole network.
    """
    from nectar.compiler.load import read_draft

    compiled, _ = compiled_for(lambda: read_draft(file), None, profile, database)
    sampled = _sampled(compiled, sample) if sample is not None else None
    if form is OutputFormat.JSON:
        from nectar.compiler.field_bounds import places
        from nectar.compiler.plan_json import readable

        explained = {**readable(compiled), "places": places(compiled.plan.sync, compiled.network)}
        typer.echo(json.dumps(explained | ({"sample": _facts(sampled)} if sampled is not None else {}), indent=2))
    else:
        typer.echo("\n".join(_lines(compiled) + (_sample_lines(sampled) if sampled is not None else [])))


def _sampled(compiled: CompiledPlan, folder: Path) -> Sample:
    from nectar.runner.report import report_of
    from nectar.runner.sample import sample
    from nectar.runner.signals import listening

    with listening() as stop, report_of("bar" if sys.stderr.isatty() else "off") as progress:
        return sample(compiled, folder, progress, stop)


def _lines(compiled: CompiledPlan) -> list[str]:
    from nectar.compiler.field_bounds import places
    from nectar.compiler.plan_json import suits
    from nectar.filterlang.tree import reads_files
    from nectar.filterlang.write_tree import text_of

    filters = compiled.filters
    lines = [f"plan {compiled.plan.meta.name} on {compiled.network.name}, fingerprint {compiled.fingerprint}"]
    ends = places(compiled.plan.sync, compiled.network)
    lines += [*(f"{side}: {place}" for side, place in ends.items() if place is not None), ""]
    if filters.where is None:
        lines += ["Keeps every transaction."]
    else:
        lines += ["Keeps a transaction when", *(f"  {line}" for line in _split_at_and(text_of(filters.where)))]
        lines += [f"and of it: {_KEPT[filters.keep]}."]
        lines += _unknown_lines(compiled)
        lines += _needle_lines(filters.needles, reads_files(filters.where))
        if filters.follows:
            lines += ["", "Spends of what it kept are recorded whatever the filter says of the spender: its tx row and inputs."]
        if filters.ordered:
            lines += ["Blocks are decoded in order, in one process: what is spent depends on what came before."]
    for name, test in filters.rows:
        lines += ["", f"Of {name} it keeps rows with", f"  {text_of(test)}"]
    lines += ["", *_wrapped("Tables: " + ", ".join(table.name for table in compiled.tables))]
    for title, indexes in (("kept while loading", compiled.essential_indexes), ("built at the end", compiled.deferred_indexes)):
        if indexes:
            named = ", ".join(f"{table.name}({', '.join(index.columns)})" for table, index in indexes)
            lines += ["", *_wrapped(f"Indexes {title}: {named}")]
    for view in compiled.views:
        lines += ["", f"View {view.name}: rows of {view.table} with", f"  {text_of(view.test)}"]
        lines += [f"  {dialect}: {trouble or 'yes'}" for dialect, trouble in suits(compiled, view)]
    return lines


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _split_at_and(text: str) -> list[str]:
    """The parts of a condition between its outermost `and`s, one a line."""
    parts, depth, begin = [], 0, 0
    for at, character in enumerate(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if not depth and text[at : at + 5] == " and ":
            parts.append(text[begin:at])
            begin = at + 1
    return [*parts, text[begin:]]


def _unknown_lines(compiled: CompiledPlan) -> list[str]:
    filters = compiled.filters
    if not filters.unknown:
        return []
    from nectar.filterlang.tree import refs_of, walk
    from nectar.filterlang.unknown import SCOPES
    from nectar.filterlang.write_tree import text_of

    assert filters.where is not None
    refs = dict.fromkeys(ref for test in walk(filters.where) for ref in refs_of(test))
    nullable = [ref for ref in refs if ref.path or SCOPES[ref.scope].fields[ref.field].null]
    what = {"drop": "is dropped", "keep": "is kept", "error": "stops the job"}[filters.on_unknown]
    lines = ["", f"Where the answer is unknown, the transaction {what}. It can be, because these can have no value:"]
    lines += [f"  {ref.scope}.{text_of(ref).removeprefix('block.')}: {_why(ref.scope, ref.field)}" for ref in nullable]
    for question in filters.questions:
        lines += ["  Of every output made it is noted whether", f"    {text_of(question)}"]
        lines += ["  so that inputs are known when the job starts at the origin; of outputs made before its start nothing is."]
    return lines


def _why(scope: str, field: str) -> str:
    from nectar.filterlang.unknown import SCOPES

    if scope == "inputs":
        return "the output that is spent may have been made before the plan's start"
    return SCOPES[scope].fields[field].doc


def _needle_lines(needles: tuple[Clause, ...], hidden: bool) -> list[str]:
    """`hidden`: the strings may come from a file, so they are not shown."""
    if not needles:
        return ["", "Needles: none. Every block is decoded: nothing that is asked for stands in a block's bytes as it is."]
    lines = ["", "Needles: a block is ruled out undecoded unless it holds"]
    for clause in needles:
        shown = [string.hex() for string in sorted(clause.strings)[:3]]
        if hidden and clause.strings:
            shown = [f"one of {len(clause.strings):,} strings"]
        more = f", or one of {len(clause.strings) - 3:,} more" if len(clause.strings) > 3 and not hidden else ""
        spends = " or spends a tracked output" if clause.spends else ""
        alternatives = f"{', or '.join(shown)}{more}{spends}"
        lines += [f"  {line}" for line in _wrapped(alternatives.removeprefix(" or "))]
    return lines


def _facts(sampled: Sample) -> dict[str, Any]:
    return {
        "summary": sampled.summary.as_json(),
        "table_bytes": dict(sampled.bytes),
        "selectivity": round(sampled.selectivity, 6),
        "share_of_network": sampled.share,
        "network_hours": round(sampled.hours, 2),
        "network_gigabytes": round(sampled.gigabytes, 6),
    }


def _sample_lines(sampled: Sample) -> list[str]:
    summary = sampled.summary
    lines = ["", "On the sample", summary.as_text().partition("\n\n")[0], ""]
    names = [name for name in summary.rows if summary.rows[name]]
    width = max(map(len, names), default=5)
    lines += [f"  {'table':<{width}}  {'rows':>12}  {'MB':>9}"]
    lines += [f"  {name:<{width}}  {summary.rows[name]:>12,}  {sampled.bytes.get(name, 0) / 1e6:>9,.2f}" for name in names]
    rejected = summary.filters["where"].rejected if "where" in summary.filters else 0
    ruled = f", {rejected / summary.blocks:.1%} of the blocks were ruled out undecoded" if rejected and summary.blocks else ""
    lines += ["", f"{sampled.selectivity:.2%} of the transactions that were decoded are kept{ruled}."]
    whole = f"{_time(sampled.hours)}, {sampled.gigabytes:,.2f} GB"
    lines += [f"Were the whole network like this sample ({sampled.share:.2%} of its slots): {whole}."]
    return lines


def _time(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 1 else f"{hours * 60:,.0f} minutes"
