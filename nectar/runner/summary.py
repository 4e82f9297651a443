"""What a job did, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from nectar.coverage import Coverage
from nectar.runner.decoding.filtering import Tally

LONG = 0.1  # seconds from which the summary shows a closing pass by itself


@dataclass(slots=True)
class RunSummary:
    """Counts grow while the job runs. `rows`: by table, the rows that this job added, or would have added to an empty database
    in a dry run.

    `filters`: each filter's answers, by name: `where`, or a table's. `processors`: the fact tables that each fills.
    `seconds`: the time from the first block read to the last commit; `closing`: that of each closing pass after it.
    """

    plan: str
    network: str
    database: str
    fingerprint: str
    first_slot: int
    last_slot: int
    blocks: int = 0
    transactions: int = 0
    kept: int = 0
    bytes: int = 0
    seconds: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)
    closing: dict[str, float] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    quarantined: int = 0
    rollbacks: int = 0
    database_bytes: int = 0
    workers: int = 1
    dry_run: bool = False
    stopped: str = ""
    filters: dict[str, Tally] = field(default_factory=dict)
    processors: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def stop(self, how: str) -> None:
        """A signal asked it to stop. A dry run leaves nothing that a second run could continue."""
        later = "what was read until then is counted; nothing was written" if self.dry_run else f"{how}. Run again to go on"
        self.stopped = f"as asked, {later}"

    def as_json(self) -> dict[str, Any]:
        facts = asdict(self)
        blocks, megabytes = self._rates()
        facts["blocks_per_second"], facts["megabytes_per_second"] = round(blocks, 1), round(megabytes, 2)
        facts["processors"] = {name: asdict(tally) for name, tally in self.by_processor().items()}
        facts["seconds"] = round(self.seconds, 3)
        facts["closing"] = {name: round(took, 3) for name, took in self.closing.items()}
        return facts

    def by_processor(self) -> dict[str, Tally]:
        """Rows that each processor made, and how many `[filters.rows]` kept."""
        tallies: dict[str, Tally] = {}
        for name, tables in self.processors.items():
            tally = tallies.setdefault(name, Tally())
            for table in tables:
                filtered = self.filters.get(table)
                if filtered is not None:
                    tally.add(filtered)
                else:
                    tally.seen += self.rows.get(table, 0)
                    tally.kept += self.rows.get(table, 0)
        return tallies

    def _rates(self) -> tuple[float, float]:
        """Blocks and megabytes of blocks a second."""
        return (self.blocks / self.seconds, self.bytes / 1e6 / self.seconds) if self.seconds else (0.0, 0.0)

    def as_text(self) -> str:
        """Two columns: facts of the job, then the tables that got rows."""
        blocks, megabytes = self._rates()
        kept = f" ({self.kept:,} kept by the filters)" if self.kept != self.transactions else ""
        facts = [
            ("plan", f"{self.plan} on {self.network}"),
            ("database", self.database if not self.dry_run else "none: a dry run writes nothing"),
            ("slots", str(Coverage(self.first_slot, self.last_slot))),
            ("blocks", f"{self.blocks:,}"),
            ("transactions", f"{self.transactions:,}{kept}"),
            ("read", f"{self.bytes / 1e6:,.1f} MB"),
            ("took", f"{self.seconds:,.1f} s, {blocks:,.0f} blocks/s, {megabytes:,.1f} MB/s"),
        ]
        facts += [("filled before", text) for text in self.skipped]
        facts += [(f"filter {name}", _answers(tally)) for name, tally in self.filters.items()]
        if self.closing:
            long = ", ".join(f"{name} {took:,.1f} s" for name, took in self.closing.items() if took >= LONG)
            facts.append(("closing", f"{sum(self.closing.values()):,.1f} s{f': {long}' if long else ''}"))
        if self.quarantined:
            facts.append(("quarantined", f"{self.quarantined:,} blocks could not be decoded: see nectar_quarantine"))
        if self.rollbacks:
            facts.append(("rolled back", f"{self.rollbacks:,} times, when the node switched to another fork"))
        if self.database_bytes:
            facts.append(("size", f"{self.database_bytes / 1e6:,.1f} MB"))
        if self.stopped:
            facts.append(("stopped", self.stopped))
        table = [(name, f"{count:,}") for name, count in self.rows.items() if count]
        return "\n".join([*_columns(facts, right=False), "", *_columns([("table", "rows"), *table], right=True)])


def _answers(tally: Tally) -> str:
    """A filter's answers in words, without those that it never gave."""
    parts = [f"{tally.seen:,} asked, {tally.kept:,} kept, {tally.dropped:,} dropped"]
    parts += [f"{tally.unknown:,} unknown"] * bool(tally.unknown)
    parts += [f"{tally.spends:,} only for what they spend"] * bool(tally.spends)
    parts += [f"{tally.rejected:,} blocks ruled out undecoded"] * bool(tally.rejected)
    return ", ".join(parts)


def _columns(pairs: list[tuple[str, str]], right: bool) -> list[str]:
    first = max(len(name) for name, _ in pairs)
    second = max(len(value) for _, value in pairs) if right else 0
    return [f"  {name:<{first}}  {value:>{second}}" for name, value in pairs]
