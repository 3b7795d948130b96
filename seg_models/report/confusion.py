"""The report's confusion matrix: a heat table, each row its true class's shares, and the worst mix-ups in words."""

import html

import numpy as np

from seg_models import dataset
from seg_models.report import classes, findings

VOID_NAME = "void"
READING = (
    "Row: true class. Column: predicted class. The cells of a row are shares of its pixels, in percent; point at one "
    "for the count."
)
WORST = 8
# Up to so many classes the cells are wide enough for their percentages.
WITH_NUMBERS = 24
MEDIUM = 45


def section(found: findings.Findings) -> str:
    """The matrix and the worst mix-ups; empty where none was counted."""
    if found.matrix is None:
        return ""
    matrix = found.matrix if found.matrix[:, -1].any() else found.matrix[:, :-1]
    return (
        f'<section id="confusion"><h2>Confusion matrix</h2><p class="note">{READING}</p>'
        f'<div class="beside">{_table(matrix, found.info)}{_mix_ups(matrix, found.info)}</div></section>'
    )


def _table(matrix: np.ndarray, info: dataset.DatasetInfo) -> str:
    """The heat table of int64 [C, C] or [C, C + 1]."""
    size = len(matrix)
    density = "wide" if size <= WITH_NUMBERS else "medium" if size <= MEDIUM else "dense"
    names = [html.escape(name) for name in _columns(info)][: matrix.shape[1]]
    head = "".join(f'<th class="column"><span>{name}</span></th>' for name in names)
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    rows = []
    for train_id, category in enumerate(info.categories):
        cells = "".join(
            _cell(int(matrix[train_id, column]), shares[train_id, column], f"{names[train_id]} → {names[column]}", size)
            for column in range(matrix.shape[1])
        )
        name = names[train_id]
        rows.append(f'<tr><th class="row" title="{name}">{classes.swatch(category)}{name}</th>{cells}</tr>')
    return (
        f'<div class="scroll matrix"><table class="confusion {density}">'
        f'<thead><tr><th class="corner"></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(pixels: int, share: float, pair: str, size: int) -> str:
    """One cell; empty ones stay bare, since 150 classes have 22 500 of them."""
    if not pixels:
        return "<td></td>"
    text = f"{100 * share:.0f}" if size <= WITH_NUMBERS and share >= 0.005 else ""
    dark = ' class="dark"' if share > 0.5 else ""
    return f'<td{dark} style="--share:{share:.3f}" title="{pair}: {pixels:,} px, {100 * share:.2f} %">{text}</td>'


def _mix_ups(matrix: np.ndarray, info: dataset.DatasetInfo) -> str:
    """The largest off-diagonal counts as sentences."""
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(wrong, axis=None, kind="stable")[::-1][:WORST]
    names = [html.escape(name) for name in _columns(info)]
    items = []
    for truth, predicted in zip(*np.unravel_index(order, wrong.shape)):
        pixels = int(wrong[truth, predicted])
        if pixels:
            share = 100 * pixels / matrix[truth].sum()
            told = f"<b>{names[truth]}</b> taken for <b>{names[predicted]}</b>"
            items.append(f"<li>{told}: {pixels:,} px, {share:.1f} % of {names[truth]}</li>")
    return f'<div class="mixups"><h3>Most frequent mix-ups</h3><ol>{"".join(items)}</ol></div>' if items else ""


def _columns(info: dataset.DatasetInfo) -> list[str]:
    return [*info.names, VOID_NAME]
