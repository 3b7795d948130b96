"""Scores: merged by class name, JSON with null, looked up with a hint."""

import json
import math

import numpy as np
import pytest

from seg_models import errors, scores

SEMANTIC = {"mean_iou": 0.1 + 0.2, "per_class": {"road": {"iou": 0.5}, "sky": {"iou": math.nan}}}
PANOPTIC = {
    "pq": np.float64(0.25),
    "things": {"pq": math.nan},
    "per_class": {"road": {"pq": 1.0, "true_positives": np.int64(3)}},
}


def test_merge_joins_classes_by_name() -> None:
    merged = scores.merge([SEMANTIC, PANOPTIC])
    assert merged["per_class"]["road"] == {"iou": 0.5, "pq": 1.0, "true_positives": 3}
    assert set(merged) == {"mean_iou", "pq", "things", "per_class"}
    assert set(SEMANTIC["per_class"]["road"]) == {"iou"}


def test_merge_refuses_the_same_score_twice() -> None:
    with pytest.raises(ValueError, match="`per_class.road.iou`"):
        scores.merge([SEMANTIC, {"per_class": {"road": {"iou": 0.1}}}])


def test_json_has_null_full_precision_and_sorted_keys() -> None:
    text = scores.to_json(scores.merge([SEMANTIC, PANOPTIC]) | {"note": "stuff alone", "images": 7})
    parsed = json.loads(text)
    assert parsed["mean_iou"] == 0.1 + 0.2
    assert parsed["things"]["pq"] is None and parsed["per_class"]["sky"]["iou"] is None
    assert list(parsed) == sorted(parsed)
    assert (parsed["note"], parsed["images"], parsed["per_class"]["road"]["true_positives"]) == ("stuff alone", 7, 3)
    assert "NaN" not in text


def test_json_round_trip() -> None:
    again = scores.from_json(scores.to_json(scores.merge([SEMANTIC, PANOPTIC])))
    assert math.isnan(again["things"]["pq"]) and again["mean_iou"] == SEMANTIC["mean_iou"]


def test_lookup() -> None:
    merged = scores.merge([SEMANTIC, PANOPTIC]) | {"note": "stuff alone"}
    assert scores.lookup(merged, "mean_iou") == SEMANTIC["mean_iou"]
    assert scores.lookup(merged, "per_class.road.iou") == 0.5
    assert math.isnan(scores.lookup(merged, "things.pq"))
    assert scores.lookup({"per_class": {"wall.brick": {"iou": 0.5}}}, "per_class.wall.brick.iou") == 0.5


@pytest.mark.parametrize(
    "key, message",
    [
        ("mean_ioo", "Did you mean `mean_iou`"),
        ("thing.pq", "Did you mean `things.pq`"),
        ("per_class.raod.iou", "Did you mean `per_class.road.iou`"),
        ("things", "`things` holds several scores; name one: `things.pq`"),
        ("note", "No `note` among scores"),
    ],
)
def test_lookup_of_a_misspelt_key_names_the_nearest(key: str, message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        scores.lookup(scores.merge([SEMANTIC, PANOPTIC]) | {"note": "stuff alone"}, key)


def test_lookup_error_stays_short_with_many_classes() -> None:
    many = {"pq": 0.5, "per_class": {f"class {i}": {"iou": 0.5, "dice": 0.5} for i in range(500)}}
    for key in ("pg", "per_class.class 7.iu"):
        with pytest.raises(errors.UserError) as caught:
            scores.lookup(many, key)
        assert len(str(caught.value)) < 500
