"""What `verify` found: findings with their place, counted by kind and split, the first few of each kept for people.

The complete list goes to files, a line of JSON each, so that no process ever holds it.
"""

import csv
import dataclasses
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from seg_models import dataset

# Kinds that leave a data set or its records unusable as they are; the others are doubts.
ERRORS = ("changed", "error")
KEPT = 3
COLUMNS = ("split", "key", "kind", "text")


class Placed(NamedTuple):
    """A finding and where it is: split and key may be "" where it concerns more than one item."""

    split: str
    key: str
    kind: str
    text: str


@dataclasses.dataclass
class Summary:
    """Counts that add.

    Attributes:
      items: split -> what was looked at.
      counts: (kind, split) -> findings.
      first: kind -> some of them, in the order of split and key.
      rebuilt: source maps that were rebuilt from records and compared.
    """

    items: Counter[str] = dataclasses.field(default_factory=Counter)
    counts: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    first: dict[str, list[Placed]] = dataclasses.field(default_factory=dict)
    rebuilt: int = 0

    def add(self, found: Placed) -> None:
        """Counts one finding."""
        self.counts[found.kind, found.split] += 1
        self._keep(found.kind, [found])

    def merge(self, other: "Summary") -> None:
        """Adds what another process found."""
        self.items.update(other.items)
        self.counts.update(other.counts)
        self.rebuilt += other.rebuilt
        for kind, several in other.first.items():
            self._keep(kind, several)

    @property
    def has_errors(self) -> bool:
        """Whether anything is wrong, rather than doubtful."""
        return any(self.counts[kind, split] for kind, split in self.counts if kind in ERRORS)

    def _keep(self, kind: str, several: list[Placed]) -> None:
        # The least ones: the same whatever the order in which processes are done.
        self.first[kind] = sorted([*self.first.get(kind, ()), *several])[:KEPT]


def merged(summaries: Iterable[Summary]) -> Summary:
    """Several together, whatever their order."""
    total = Summary()
    for each in summaries:
        total.merge(each)
    return total


def placed(found: Iterable[dataset.Finding], split: str, key: str) -> Iterator[Placed]:
    """The findings on one item."""
    return (Placed(split, key, each.kind, each.text) for each in found)


def table(summary: Summary) -> str:
    """Kind by split: counts, then the first sentences of each kind."""
    columns = splits(summary)
    head = ["finding", *(split or "(all)" for split in columns)]
    rows = [[kind, *(str(summary.counts[kind, split]) for split in columns)] for kind in kinds(summary)]
    rows.append(["looked at", *(str(summary.items[split]) for split in columns)])
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in [head, *rows]]
    for kind in kinds(summary):
        count = sum(summary.counts[kind, split] for split in columns)
        lines += ["", f"{kind}: {meaning(kind)}", *(f"  {found.text}" for found in summary.first[kind])]
        lines += [f"  and {count - len(summary.first[kind])} more"] if count > len(summary.first[kind]) else []
    return "\n".join(lines)


def verdict(summary: Summary) -> str:
    """All of it in a sentence."""
    looked = f"{sum(summary.items.values())} images looked at"
    if summary.rebuilt:
        looked += f", {summary.rebuilt} source maps rebuilt from records"
    wrong = sum(count for (kind, _), count in summary.counts.items() if kind in ERRORS)
    doubtful = sum(summary.counts.values()) - wrong
    return f"{looked}: {wrong or 'nothing'} wrong, {doubtful or 'nothing'} doubtful."


def to_line(found: Placed) -> bytes:
    """A finding as a line of JSON."""
    return json.dumps(found._asdict(), ensure_ascii=False).encode() + b"\n"


def from_line(line: bytes) -> Placed:
    """The finding that `to_line` wrote."""
    return Placed(**json.loads(line))


def json_parts(name: str, summary: Summary, lines: Iterable[bytes]) -> Iterator[bytes]:
    """findings.json piece by piece.

    Args:
      name: of the data set.
      summary: of all findings.
      lines: all findings, as `to_line` gives them.
    """
    counts = [{"kind": kind, "split": split, "count": count} for (kind, split), count in sorted(summary.counts.items())]
    head = {"dataset": name, "items": dict(sorted(summary.items.items())), "counts": counts}
    yield json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}").encode() + b',\n "findings": ['
    separator = b"\n  "
    for line in lines:
        yield separator + line.rstrip(b"\n")
        separator = b",\n  "
    yield b"\n ]\n}\n"


def csv_parts(lines: Iterable[bytes]) -> Iterator[bytes]:
    """findings.csv piece by piece."""
    yield _csv_row(COLUMNS)
    for line in lines:
        yield _csv_row(from_line(line))


def meaning(kind: str) -> str:
    """A kind of finding in words; "" for a kind of somebody's own."""
    return dataset.FINDING_KINDS[kind] if kind in dataset.FINDING_KINDS else ""


def kinds(summary: Summary) -> list[str]:
    """Kinds that occur, errors first."""
    return sorted({kind for kind, _ in summary.counts}, key=lambda kind: (kind not in ERRORS, kind))


def splits(summary: Summary) -> list[str]:
    """Splits that occur, in their usual order; "" last, for what concerns no split."""
    return sorted({split for _, split in summary.counts} | set(summary.items), key=split_order)


def split_order(split: str) -> tuple[int, str]:
    """Sorts splits as people name them."""
    known = ("train", "eval", "test")
    place = known.index(split) if split in known else len(known) + (not split)
    return place, split


def _aligned(row: list[str], widths: list[int]) -> list[str]:
    return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]


def _csv_row(row: Iterable[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(row)
    return buffer.getvalue().encode()
