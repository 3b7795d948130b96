"""The top of the report: blessed or not and why, the headline scores, PQ taken apart."""

import html
from collections.abc import Mapping

from seg_models import gate
from seg_models.report import document, findings

HEADLINES = (
    ("pq", "PQ", "panoptic quality"),
    ("mean_iou", "mIoU", "mean intersection over union"),
    ("pixel_accuracy", "Pixel accuracy", "share of pixels that are right"),
    ("mean_accuracy", "Mean accuracy", "mean over classes"),
    ("mean_dice", "Mean Dice", "mean over classes"),
    ("fwiou", "FWIoU", "IoU weighted by frequency"),
)
PQ_PARTS = (("pq", "PQ"), ("sq", "SQ"), ("rq", "RQ"))
PQ_NOTE = (
    "PQ is the mean of the classes' own products SQ × RQ, so it is not the product of the mean SQ and the mean RQ. "
    "SQ is the mean IoU of matched segments, RQ the F1 score of finding them."
)


def number(value: object) -> str:
    """A score for people: three digits, a dash where it is undefined."""
    return f"{value:.3f}" if findings.is_number(value) else '<span title="undefined">–</span>'


def verdict(result: gate.GateResult | None) -> str:
    """The banner: blessed or not, with every condition."""
    if result is None:
        return ""
    title = "Blessed" if result.blessed else "Not blessed"
    told = "".join(_condition(sentence, holds) for sentence, holds in result.conditions)
    told = told or '<li class="held">the gate sets no condition</li>'
    kind = "blessed" if result.blessed else "refused"
    return f'<section class="verdict {kind}"><h2>{title}</h2><ul>{told}</ul></section>'


def headlines(scores: Mapping[str, object]) -> str:
    """One card for each headline score that is defined, then for whatever else a metric gives."""
    defined = {key: value for key, value in scores.items() if findings.is_number(value)}
    named = {key for key, _, _ in HEADLINES} | {"sq", "rq", "images"}
    others = tuple((key, key, "") for key in defined if key not in named)
    cards = (document.card(number(defined[key]), *text) for key, *text in HEADLINES + others if key in defined)
    return f'<section class="cards">{"".join(cards)}</section>'


def panoptic_table(scores: Mapping[str, object]) -> str:
    """PQ, SQ, RQ of all, things and stuff; empty where none was measured."""
    if "stuff" not in scores:
        return ""
    rows = (("All", scores), ("Things", scores["things"]), ("Stuff", scores["stuff"]))
    body = "".join(
        f"<tr><th>{title}</th>{''.join(f'<td>{number(row[key])}</td>' for key, _ in PQ_PARTS)}</tr>"
        for title, row in rows
    )
    head = "".join(f"<th>{title}</th>" for _, title in PQ_PARTS)
    note = f'<p class="note">{html.escape(str(scores["note"]))}</p>' if "note" in scores else ""
    return (
        f'<section id="panoptic"><h2>Panoptic quality</h2>{note}'
        f'<table class="plain"><thead><tr><th></th>{head}</tr></thead>'
        f'<tbody>{body}</tbody></table><p class="note">{PQ_NOTE}</p></section>'
    )


def _condition(sentence: str, holds: bool) -> str:
    return f'<li class="{"held" if holds else "failed"}">{html.escape(sentence)}</li>'
