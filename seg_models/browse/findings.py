"""The page's findings: doubts about the records themselves, and what `segline verify` found."""

import html
import json
import os
from collections import Counter
from typing import NamedTuple

from seg_models import errors, inspection

# Sentences of each kind on the page; findings.json has all.
SENTENCES = 20


class Verified(NamedTuple):
    """A findings.json: the file, its counts, and the first findings of each kind."""

    path: str
    summary: inspection.Summary


def read(path: str | os.PathLike[str]) -> Verified:
    """Reads the findings.json that `segline verify` wrote, or the one in a folder.

    Raises:
      UserError: it is missing or no such file.
    """
    path = os.path.join(path, "findings.json") if os.path.isdir(path) else os.fspath(path)
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        summary = inspection.Summary(Counter(told["items"]))
        for found in told["findings"]:
            placed = inspection.Placed(**found)
            summary.counts[placed.kind, placed.split] += 1
            first = summary.first.setdefault(placed.kind, [])
            if len(first) < SENTENCES:
                first.append(placed)
    except FileNotFoundError:
        raise errors.UserError(f"{path}: the file is missing; `segline verify --output_dir DIR` writes it.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise errors.UserError(f"{path}: not the findings.json of `segline verify` ({error}).") from None
    return Verified(path, summary)


def html_of(found: inspection.Summary, verified: Verified | None) -> str:
    """The findings as tables with sentences to unfold."""
    told = f"<h3>In the records</h3>{_table(found)}"
    if verified:
        told += f'<h3>By segline verify</h3><p class="note">{html.escape(verified.path)}</p>{_table(verified.summary)}'
    return told


def _table(summary: inspection.Summary) -> str:
    """Kind by split, with the first sentences of each kind below."""
    if not summary.counts:
        return f"<p>Nothing doubtful in {sum(summary.items.values()):,} images.</p>"
    splits = inspection.splits(summary)
    head = "".join(f'<th class="right">{html.escape(split or "all")}</th>' for split in splits)
    rows, details = [], []
    for kind in inspection.kinds(summary):
        counts = [summary.counts[kind, split] for split in splits]
        cells = "".join(f'<td class="right">{count:,}</td>' for count in counts)
        meaning = html.escape(inspection.meaning(kind))
        wrong = ' class="failed"' if kind in inspection.ERRORS else ""
        rows.append(f"<tr><th{wrong}>{html.escape(kind)} <small>{meaning}</small></th>{cells}</tr>")
        first = summary.first[kind]
        more = f"<li>and {sum(counts) - len(first):,} more</li>" if sum(counts) > len(first) else ""
        items = "".join(f"<li>{html.escape(each.text)}</li>" for each in first)
        title = f"<summary>{html.escape(kind)}: {sum(counts):,}</summary>"
        details.append(f"<details>{title}<ul>{items}{more}</ul></details>")
    return (
        f'<div class="scroll"><table class="plain"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{''.join(details)}"
    )
