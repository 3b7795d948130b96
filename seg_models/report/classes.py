"""The report's scores by class: a row with its bars for each, in the order of the train ids."""

import html
from collections.abc import Mapping, Sequence

from seg_models import dataset
from seg_models.report import findings, overview

# More rows than this scroll in a box of their own, so that what follows stays in reach.
MANY = 40
BARS = (("iou", "IoU"), ("pq", "PQ"))
COUNTS = (("true_positives", "found"), ("false_positives", "invented"), ("false_negatives", "missed"))


def swatch(category: dataset.Category) -> str:
    """A small square of a category's colour."""
    return f'<i class="swatch" style="background:rgb{category.color}"></i>'


def legend(categories: Sequence[dataset.Category]) -> str:
    """Categories with their colours."""
    chips = "".join(
        f'<span class="chip">{swatch(category)}{html.escape(category.name)}</span>' for category in categories
    )
    return f'<div class="chips">{chips}</div>'


def table(found: findings.Findings) -> str:
    """Bars of IoU and, where some class has it, PQ; accuracy, Dice and the class's share of the pixels."""
    if "per_class" not in found.scores:
        return ""
    per_class = found.scores["per_class"]
    bars = [bar for bar in BARS if any(findings.is_number(_score(row, bar[0])) for row in per_class.values())]
    plain = [
        each
        for each in (("accuracy", "Accuracy"), ("dice", "Dice"))
        if any(each[0] in row for row in per_class.values())
    ]
    shares = _shares(found)
    head = "".join(f"<th>{title}</th>" for _, title in bars)
    head += "".join(f'<th class="right">{title}</th>' for _, title in plain)
    head += '<th class="right" title="of all pixels that are not void">Pixels</th>' if shares else ""
    rows = []
    for train_id, category in enumerate(found.info.categories):
        row = per_class[category.name]
        kind = "thing" if category.is_thing else "stuff"
        cells = "".join(_bar(row, key, category) for key, _ in bars)
        cells += "".join(f'<td class="right">{overview.number(_score(row, key))}</td>' for key, _ in plain)
        cells += f'<td class="right">{shares[train_id]}</td>' if shares else ""
        name = html.escape(category.name)
        rows.append(f'<tr><th title="{name}">{swatch(category)}{name} <small>{kind}</small></th>{cells}</tr>')
    box = "scroll tall" if len(rows) > MANY else "scroll"
    return (
        f'<section id="classes"><h2>Classes</h2><div class="{box}"><table class="classes">'
        f"<thead><tr><th>Class</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _score(row: Mapping[str, object], key: str) -> object:
    return row[key] if key in row else None


def _bar(row: Mapping[str, object], key: str, category: dataset.Category) -> str:
    """A cell with a bar as long as the score, and the segments counted as its title where it is PQ."""
    value = _score(row, key)
    if not findings.is_number(value):
        return f"<td>{overview.number(value)}</td>"
    told = ", ".join(f"{row[count]} {word}" for count, word in COUNTS if key == "pq" and count in row)
    fill = f'<i style="width:{100 * min(max(value, 0), 1):.1f}%;background:rgb{category.color}"></i>'
    return f'<td title="{told}"><div class="bar"><span class="track">{fill}</span><b>{value:.3f}</b></div></td>'


def _shares(found: findings.Findings) -> list[str]:
    """Each class's share of the pixels, for people; [] where the pixels were not counted."""
    if found.matrix is None or not found.matrix.sum():
        return []
    return [percent(share) for share in found.matrix.sum(1) / found.matrix.sum()]


def percent(share: float) -> str:
    """A share for people, as HTML."""
    return "0" if share == 0 else "&lt; 0.01 %" if share < 0.0001 else f"{100 * share:.2f} %"
