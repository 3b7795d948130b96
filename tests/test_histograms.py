"""Histograms: every count has its bar, as high as it is, and labels that can be read."""

import re

import pytest

from seg_models.report import histograms


def bars(svg: str) -> list[tuple[float, float, str]]:
    """(left, height, what the mouse shows) of every bar."""
    place = r'x="([\d.]+)" y="[\d.]+" width="[\d.]+" height="([\d.]+)"'
    found = re.findall(rf'<rect class="count" {place}><title>(.*?)</title>', svg)
    return [(float(left), float(height), told) for left, height, told in found]


def labels(svg: str, anchor: str = "middle") -> list[str]:
    return re.findall(rf'text-anchor="{anchor}">(.*?)</text>', svg)


def test_few_numbers_have_a_bar_each() -> None:
    svg = histograms.of_numbers({2: 10, 3: 5, 5: 1}, "Objects <b>", "objects")
    assert [told for _, _, told in bars(svg)] == ["2 objects: 10", "3 objects: 5", "5 objects: 1"]
    heights = [height for _, height, _ in bars(svg)]
    assert heights[0] == pytest.approx(2 * heights[1]) and heights[0] == pytest.approx(10 * heights[2], rel=0.02)
    assert labels(svg) == ["2", "3", "4", "5"] and "<b>" not in svg


def test_many_numbers_fall_into_round_bins_and_none_is_lost() -> None:
    counts = {width: width % 7 for width in range(300, 641)}
    svg = histograms.of_numbers(counts, "Width", "pixels")
    told = [told for _, _, told in bars(svg)]
    assert sum(int(text.split(": ")[1].replace(",", "")) for text in told) == sum(counts.values())
    assert len(told) <= histograms.MOST_BINS and len(labels(svg)) <= histograms.MOST_LABELS
    low, high = told[0].split(":")[0].removesuffix(" pixels").split(" to ")
    assert int(low) <= 300 < int(high)
    assert sum(counts[width] for width in range(300, int(high))) == int(told[0].split(": ")[1])


def test_one_number_needs_no_chart() -> None:
    assert histograms.of_numbers({640: 3}, "Width", "pixels") == "<p>640 pixels in all images</p>"


def test_counts_have_whole_ticks() -> None:
    for top in (1, 2, 3, 9, 10, 14, 99, 118_287):
        ticks = labels(histograms.svg([top], ["a"], "x", ["a"]), "end")
        assert ticks[0] == "0" and not any("." in tick and "k" not in tick for tick in ticks)


def test_a_small_count_beside_large_ones_is_seen() -> None:
    svg = histograms.of_bins([1_000_000, 1, 0], ["0", "1", "2", "3"], "x", "")
    assert [height >= 1 for _, height, _ in bars(svg)] == [True, True]
    assert labels(svg) == ["0", "1", "2", "3"]
    assert labels(histograms.of_bins([1, 2], ["0", "1", "2"], "x", "", every=2)) == ["0", "2"]
