"""The gate: its verdicts, and sentences that a person understands."""

import math

import pytest

from seg_models import config, errors, gate
from tests import tiny_evaluation as tiny

SCORES = {
    "mean_iou": 0.713,
    "pq": 0.6,
    "things": {"pq": math.nan},
    "per_class": {"road": {"iou": 0.9}},
    "note": "a text",
}


def _verdict(last: dict[str, object] | None = None, **settings: object) -> gate.GateResult:
    return gate.apply(SCORES, config.Gate(**settings), last)


def test_no_condition_blesses() -> None:
    assert _verdict() == gate.GateResult(True, ())


def test_minimum() -> None:
    refused = _verdict(minimum=(("mean_iou", 0.8), ("pq", 0.5)))
    assert not refused.blessed
    assert refused.failed == ("mean_iou 0.713 is below the minimum 0.800",)
    assert refused.conditions[1] == ("pq 0.600 reaches the minimum 0.500", True)
    assert _verdict(minimum=(("mean_iou", 0.713),)).blessed
    assert _verdict(minimum=(("per_class.road.iou", 0.9),)).blessed


def test_a_near_miss_shows_enough_digits() -> None:
    verdict = gate.apply({"mean_iou": 0.79996}, config.Gate(minimum=(("mean_iou", 0.8),)), None)
    assert verdict.failed == ("mean_iou 0.79996 is below the minimum 0.80000",)


def test_an_undefined_score_fails_and_says_so() -> None:
    verdict = _verdict(minimum=(("things.pq", 0.1),))
    assert not verdict.blessed
    assert "things.pq is undefined" in verdict.failed[0]
    compared = _verdict({"things": {"pq": 0.2}}, metric="things.pq", no_worse_than_last_by=0.1)
    assert not compared.blessed
    assert "cannot be compared" in compared.failed[0]


def test_no_worse_than_last() -> None:
    worse = _verdict({"pq": 0.7}, metric="pq", no_worse_than_last_by=0.05)
    assert worse.failed == ("pq 0.600 is below 0.650, the last blessed model's 0.700 less 0.05",)
    assert _verdict({"pq": 0.64}, metric="pq", no_worse_than_last_by=0.05).blessed
    assert _verdict({"pq": 0.6}, metric="pq", no_worse_than_last_by=0.0).blessed


def test_the_first_model_has_nothing_to_beat() -> None:
    verdict = _verdict(metric="pq", no_worse_than_last_by=0.05)
    assert verdict == gate.GateResult(True, (("pq is compared with nothing: there is no blessed model yet", True),))


def test_a_last_model_without_the_score_bars_nobody() -> None:
    assert _verdict({"pq": math.nan}, metric="pq", no_worse_than_last_by=0.05).blessed


@pytest.mark.parametrize(
    "settings", [{"minimum": (("mean_iuo", 0.5),)}, {"metric": "mean_iuo", "no_worse_than_last_by": 0.1}]
)
def test_a_misspelt_score_suggests_the_nearest(settings: dict[str, object]) -> None:
    with pytest.raises(errors.UserError, match="gate asks for `mean_iuo`.*`mean_iou`"):
        _verdict(**settings)


def test_a_text_is_no_score() -> None:
    with pytest.raises(errors.UserError, match="note"):
        _verdict(minimum=(("note", 0.5),))


def test_misspelling_is_found_before_anything_is_evaluated() -> None:
    possible = gate.possible_scores(tiny.INFO, config.Evaluation())
    gate.check(config.Gate("pq", (("things.pq", 0.1), ("per_class.sky.iou", 0.1), ("mean_dice", 0.1)), 0.1), possible)
    with pytest.raises(errors.UserError, match="per_class.sky.iou"):
        gate.check(config.Gate(minimum=(("per_class.sky.iuo", 0.1),)), possible)


def test_verdicts_survive_their_file() -> None:
    verdict = _verdict(minimum=(("mean_iou", 0.8),))
    assert config.from_json(config.to_json(verdict)) == verdict
