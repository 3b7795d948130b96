"""Histograms as SVG text: bars over bins. No scripts; colours come from the page's style."""

import html
import math
from collections.abc import Mapping, Sequence

from seg_models.report import charts

WIDTH, HEIGHT = 360, 200
LEFT, RIGHT, TOP, BOTTOM = 50, 14, 10, 28
# As many bins as can be told apart, and as many labels as have room below them.
MOST_BINS = 24
MOST_LABELS = 8
# An axis of counts reaches this at least, so that its ticks are whole numbers.
LEAST_TOP = 4


def of_numbers(counts: Mapping[int, int], title: str, unit: str) -> str:
    """A histogram of whole numbers, {number: images}: a bar for each where they are few, else round bins."""
    low, high = min(counts), max(counts)
    if low == high:
        return f"<p>{low:,} {html.escape(unit)} in all images</p>"
    if high - low < MOST_BINS:
        numbers = range(low, high + 1)
        labels = _thinned([f"{number}" for number in numbers])
        return svg([counts.get(number, 0) for number in numbers], labels, title, [f"{n} {unit}" for n in numbers])
    edges = [round(edge) for edge in charts.ticks(low, high + 1, MOST_BINS - 4)]
    bins = [0] * (len(edges) - 1)
    for number, count in counts.items():
        bins[min((number - edges[0]) * len(bins) // (edges[-1] - edges[0]), len(bins) - 1)] += count
    return of_bins(bins, [f"{edge}" for edge in edges], title, unit)


def of_bins(counts: Sequence[int], edges: Sequence[str], title: str, unit: str, every: int = 1) -> str:
    """A histogram of bins that begin and end at the edges, one more than bins; `every` n-th may have a label."""
    told = [f"{low} to {high} {unit}".strip() for low, high in zip(edges, edges[1:])]
    labels = [edge if index % every == 0 else "" for index, edge in enumerate(edges)]
    return svg(counts, _thinned(labels), title, told)


def svg(counts: Sequence[int], labels: Sequence[str], title: str, told: Sequence[str]) -> str:
    """The chart.

    Args:
      counts: of each bar.
      labels: of the bars, or, where there is one more, of the edges between them.
      title: for those who cannot see it.
      told: what each bar stands for, shown where the mouse points at it.
    """
    # Half an image or object is no tick.
    ys = [y for y in charts.ticks(0, max(*counts, LEAST_TOP), 4) if y == int(y)]
    to_y = charts.Scale(0, ys[-1], HEIGHT - BOTTOM, TOP)
    step = (WIDTH - RIGHT - LEFT) / len(counts)
    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">']
    for y, label in zip(ys, charts.tick_labels(ys)):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{to_y(y):.1f}" y2="{to_y(y):.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{to_y(y) + 4:.1f}" text-anchor="end">{label}</text>')
    for index, (count, text) in enumerate(zip(counts, told)):
        if count:
            # A count that is small beside the others must still be seen.
            height = max(to_y(0) - to_y(count), 1)
            place = f'x="{LEFT + index * step + 0.5:.1f}" y="{to_y(0) - height:.1f}"'
            size = f'width="{max(step - 1, 1):.1f}" height="{height:.1f}"'
            parts.append(f'<rect class="count" {place} {size}><title>{html.escape(text)}: {count:,}</title></rect>')
    shift = 0.0 if len(labels) > len(counts) else 0.5
    for index, label in enumerate(labels):
        if label:
            x = LEFT + (index + shift) * step
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{html.escape(label)}</text>')
    return "".join(parts) + "</svg>"


def _thinned(labels: Sequence[str]) -> list[str]:
    """Every n-th label, so that those that stay have room."""
    named = [index for index, label in enumerate(labels) if label]
    every = math.ceil(len(named) / MOST_LABELS)
    kept = set(named[::every])
    return [label if index in kept else "" for index, label in enumerate(labels)]
