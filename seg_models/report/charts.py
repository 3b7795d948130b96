"""Charts as SVG text: lines over training steps. No scripts; colours come from the page's style, so dark pages work."""

import html
import math
from collections.abc import Collection, Mapping, Sequence

from seg_models.report import findings

WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 50, 22, 10, 28
LINE_COLORS = 8

Series = Mapping[str, Sequence[tuple[float, float]]]


def training_curves(history: Sequence[Mapping[str, object]], scores: Collection[str]) -> dict[str, Series]:
    """Groups the numbers of a history into charts, {title: {name: [(step, value)]}}; empty charts are left out.

    Args:
      history: dicts with `step`.
      scores: the names that are scores; of the others, all but the learning rate are parts of the loss.
    """
    charts: dict[str, dict[str, list[tuple[float, float]]]] = {"Loss": {}, "Evaluation scores": {}, "Learning rate": {}}
    for entry in history:
        for name, value in entry.items():
            title = _title(name, scores)
            if name != "step" and findings.is_number(value):
                charts[title].setdefault(name, []).append((float(entry["step"]), float(value)))
    return {title: series for title, series in charts.items() if series}


def line_chart(series: Series, title: str) -> str:
    """An SVG with one line a series, its axes' ticks at round numbers."""
    points = [point for line in series.values() for point in line]
    xs, ys = ticks(*_extent([x for x, _ in points]), 5), ticks(*_extent([y for _, y in points]), 4)
    to_x, to_y = Scale(xs[0], xs[-1], LEFT, WIDTH - RIGHT), Scale(ys[0], ys[-1], HEIGHT - BOTTOM, TOP)
    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">']
    for y, label in zip(ys, tick_labels(ys)):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{to_y(y):.1f}" y2="{to_y(y):.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{to_y(y) + 4:.1f}" text-anchor="end">{label}</text>')
    for x, label in zip(xs, tick_labels(xs)):
        parts.append(f'<text x="{to_x(x):.1f}" y="{HEIGHT - 10}" text-anchor="middle">{label}</text>')
    for index, (name, line) in enumerate(series.items()):
        parts += _line(name, [(to_x(x), to_y(y)) for x, y in line], line, index % LINE_COLORS)
    return "".join(parts) + "</svg>"


def key(series: Series) -> str:
    """The names of a chart's lines with their colours and last values."""
    entries = (
        f'<span class="chip"><i class="line line{index % LINE_COLORS}"></i>{html.escape(name)} '
        f"<b>{line[-1][1]:.4g}</b></span>"
        for index, (name, line) in enumerate(series.items())
    )
    return f'<div class="chips">{"".join(entries)}</div>'


def ticks(low: float, high: float, count: int) -> list[float]:
    """About `count` round numbers, evenly apart, that enclose low..high."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


def tick_labels(values: Sequence[float]) -> list[str]:
    """The shortest labels that tell evenly spaced values apart: 0.25, 2k, 1e-4."""
    largest = max(abs(value) for value in values)
    if largest >= 10_000:
        return [f"{value / 1000:g}k" if value else "0" for value in values]
    if largest < 0.001:
        return [f"{value:.3g}" if value else "0" for value in values]
    digits = max(0, 1 - math.floor(math.log10(values[1] - values[0]))) if len(values) > 1 else 2
    return [_trimmed(f"{value:.{digits}f}") for value in values]


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _title(name: str, scores: Collection[str]) -> str:
    """The chart that a number of the history belongs to."""
    if name == "learning_rate":
        return "Learning rate"
    return "Evaluation scores" if name in scores else "Loss"


def _extent(values: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest, apart from one another even where all are equal."""
    low, high = min(values), max(values)
    margin = (abs(low) * 0.1 or 1.0) if low == high else 0.0
    return low - margin, high + margin


class Scale:
    """Maps low..high linearly to start..end."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.start = low, start
        self.factor = (end - start) / (high - low)

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) * self.factor


def _line(name: str, at: Sequence[tuple[float, float]], line: Sequence[tuple[float, float]], color: int) -> list[str]:
    """A polyline and, where they are few, its points with their values as titles."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    parts = [f'<polyline class="line{color}" points="{path}"/>']
    if len(at) <= 60:
        for (x, y), (step, value) in zip(at, line):
            told = f"{html.escape(name)} {value:.5g} at step {step:g}"
            parts.append(
                f'<circle class="line{color}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"><title>{told}</title></circle>'
            )
    return parts
