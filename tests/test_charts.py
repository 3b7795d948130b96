"""The report's charts."""

import math
import re
from xml.etree import ElementTree

import pytest

from seg_models.report import charts


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.03, 0.97, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (50, 1000, [0, 200, 400, 600, 800, 1000]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert charts.ticks(low, high, 5) == pytest.approx(expected)


def test_tick_labels() -> None:
    assert charts.tick_labels([0, 0.25, 0.5]) == ["0", "0.25", "0.5"]
    assert charts.tick_labels([0, 20_000, 40_000]) == ["0", "20k", "40k"]
    assert charts.tick_labels([0, 1e-4, 2e-4]) == ["0", "0.0001", "0.0002"]
    assert charts.tick_labels([0.92, 0.94, 0.96]) == ["0.92", "0.94", "0.96"]


def test_curves_are_sorted_into_charts() -> None:
    history = (
        {"step": 1, "loss": 2.0, "center": 0.5, "learning_rate": 0.1},
        {"step": 2, "loss": math.nan, "mean_iou": 0.4},
    )
    found = charts.training_curves(history, {"mean_iou": 0.5})
    assert found == {
        "Loss": {"loss": [(1.0, 2.0)], "center": [(1.0, 0.5)]},
        "Evaluation scores": {"mean_iou": [(2.0, 0.4)]},
        "Learning rate": {"learning_rate": [(1.0, 0.1)]},
    }


@pytest.mark.parametrize(
    "line", [[(1.0, 0.0)], [(1.0, 2.0), (2.0, 2.0)], [(0.0, -1e6), (1e5, 1e6)], [(1, 1e-7), (2, 3e-7)]]
)
def test_charts_draw_inside_their_box(line: list[tuple[float, float]]) -> None:
    svg = charts.line_chart({"loss": line}, "Loss")
    ElementTree.fromstring(svg)
    points = re.search(r'points="([^"]+)"', svg)[1].split()
    assert len(points) == len(line)
    for x, y in (map(float, point.split(",")) for point in points):
        assert charts.LEFT <= x <= charts.WIDTH - charts.RIGHT and charts.TOP <= y <= charts.HEIGHT - charts.BOTTOM
