"""Panoptic quality: cases worked by hand, and random maps against the naive implementation."""

import math
import pickle

import numpy as np
import pytest

from seg_models import dataset, metric
from seg_models.metrics import panoptic_quality
from tests import naive_panoptic_quality as naive

CAR, PERSON, ROAD, SKY = range(4)
INFO = dataset.DatasetInfo(
    "streets",
    tuple(dataset.Category(name, (0, 0, 0), name in ("car", "person")) for name in ("car", "person", "road", "sky")),
    raw_values=(),
)


def maps(row: str, **segments: metric.Segment | int) -> metric.Maps:
    """One row of pixels: letters are segments, a dot is void."""
    listed = {ord(k): v if isinstance(v, metric.Segment) else metric.Segment(v) for k, v in segments.items()}
    return metric.Maps(panoptic=np.array([[ord(letter) for letter in row]]), segments=listed)


def crowd(category: int) -> metric.Segment:
    return metric.Segment(category, is_crowd=True)


def counted(
    truth: metric.Maps, prediction: metric.Maps, options: metric.Options = metric.Options()
) -> dict[str, object]:
    accumulator = panoptic_quality.build(INFO, options)
    accumulator.update(truth, prediction)
    return accumulator.result()


def counts(result: dict[str, object], name: str) -> tuple[int, int, int]:
    scores = result["per_class"][name]
    return scores["true_positives"], scores["false_positives"], scores["false_negatives"]


def test_worked_by_hand() -> None:
    truth = maps("AAAABBBBBBRRRRRR", A=CAR, B=CAR, R=ROAD)
    prediction = maps("aaabbbbbbbrrrsss", a=CAR, b=CAR, r=ROAD, s=SKY)
    result = counted(truth, prediction)
    # a on A: 3 / 4; b on B: 6 / 7; r on R: 3 / 6 is not more than one half; s has nothing to match.
    assert counts(result, "car") == (2, 0, 0)
    assert counts(result, "road") == (0, 1, 1)
    assert counts(result, "sky") == (0, 1, 0)
    car = (3 / 4 + 6 / 7) / 2
    assert result["per_class"]["car"]["pq"] == pytest.approx(car)
    assert result["pq"] == result["sq"] == pytest.approx(car / 3)
    assert result["rq"] == pytest.approx(1 / 3)
    assert result["things"] == pytest.approx({"pq": car, "sq": car, "rq": 1})
    assert result["stuff"] == {"pq": 0, "sq": 0, "rq": 0}
    assert math.isnan(result["per_class"]["person"]["pq"])


def test_iou_of_exactly_one_half_is_no_match() -> None:
    assert counts(counted(maps("AAAA", A=CAR), maps("aa..", a=CAR)), "car") == (0, 1, 1)
    assert counts(counted(maps("AAAAA", A=CAR), maps("aaa..", a=CAR)), "car") == (1, 0, 0)


def test_other_category_is_no_match() -> None:
    result = counted(maps("AAAA", A=CAR), maps("aaaa", a=PERSON))
    assert counts(result, "car") == (0, 0, 1)
    assert counts(result, "person") == (0, 1, 0)


def test_void_is_taken_out_of_the_prediction() -> None:
    result = counted(maps("AAAA........", A=CAR), maps("aaaaaaaaaaaa", a=CAR))
    assert result["per_class"]["car"]["sq"] == 1


@pytest.mark.parametrize("row, false_positives", [("RRRR....", 1), ("RRR.....", 0), ("RRRRR...", 1)])
def test_prediction_on_void_for_more_than_half_is_excused(row: str, false_positives: int) -> None:
    assert counts(counted(maps(row, R=ROAD), maps("aaaaaaaa", a=CAR)), "car") == (0, false_positives, 0)


def test_crowd_excuses_its_own_category_alone() -> None:
    truth = maps("CCCCCC", C=crowd(CAR))
    assert counts(counted(truth, maps("aabbb.", a=CAR, b=CAR)), "car") == (0, 0, 0)
    assert counts(counted(truth, maps("aabbb.", a=CAR, b=PERSON)), "person") == (0, 1, 0)


def test_crowd_is_neither_matched_nor_missed_and_stays_in_the_union() -> None:
    assert counts(counted(maps("CCCC", C=crowd(CAR)), maps("cccc", c=CAR)), "car") == (0, 0, 0)
    assert counts(counted(maps("CCCC", C=crowd(CAR)), maps("....")), "car") == (0, 0, 0)
    result = counted(maps("AAAC", A=CAR, C=crowd(CAR)), maps("aaaa", a=CAR))
    assert result["per_class"]["car"]["sq"] == 3 / 4


def test_void_and_crowd_add_up() -> None:
    truth = maps("C..RR", C=crowd(CAR), R=ROAD)
    assert counts(counted(truth, maps("aaaaa", a=CAR)), "car") == (0, 0, 0)


def test_every_crowd_counts_unless_panopticapi_is_wanted() -> None:
    truth = maps("CCCDDDRR", C=crowd(CAR), D=crowd(CAR), R=ROAD)
    prediction = maps("aaabbb..", a=CAR, b=CAR)
    compatible = metric.Options(panopticapi_compatible=True)
    assert counts(counted(truth, prediction), "car") == (0, 0, 0)
    assert counts(counted(truth, prediction, compatible), "car") == (0, 1, 0)
    reordered = metric.Maps(panoptic=truth.panoptic, segments=dict(reversed(truth.segments.items())))
    both = maps("abbbbbb.", a=CAR, b=CAR)
    assert counts(counted(reordered, both, compatible), "car") == (0, 1, 0)
    assert counts(counted(truth, both, compatible), "car") == (0, 2, 0)


def test_pq_is_no_product_of_averages() -> None:
    truth = maps("AAAARRRR", A=CAR, R=ROAD)
    result = counted(truth, maps("aaabrrrr", a=CAR, b=CAR, r=ROAD))
    assert result["pq"] == pytest.approx((3 / 4 * 2 / 3 + 1) / 2)
    assert result["sq"] * result["rq"] != pytest.approx(result["pq"])


def test_unlisted_prediction_is_void_and_pixelless_segments_do_not_count() -> None:
    truth = maps("AAAA", A=CAR, Z=CAR)
    assert counts(counted(truth, maps("aaax", a=CAR, y=PERSON)), "car") == (1, 0, 0)
    assert counts(counted(truth, maps("aaax", a=CAR, y=PERSON)), "person") == (0, 0, 0)


def test_negative_and_huge_unlisted_ids_are_void() -> None:
    ids = np.array([[-1, 2**31 - 1, 5, 0]])
    assert panoptic_quality.ranks(ids, [5, 0]).tolist() == [[0, 0, 1, 2]]
    assert panoptic_quality.ranks(ids, []).tolist() == [[0, 0, 0, 0]]
    assert panoptic_quality.ranks(np.array([[2**24 - 1]], np.uint32), [2**24 - 1]).tolist() == [[1]]
    with pytest.raises(ValueError, match="must lie in 0"):
        panoptic_quality.ranks(ids, [-1])


def test_semantic_only_model_has_stuff_scores_alone() -> None:
    options = metric.Options(predicts_things=False)
    truth = maps("AAARRRRS", A=CAR, R=ROAD, S=SKY)
    semantic = metric.Maps(semantic=np.array([[CAR, CAR, CAR, ROAD, ROAD, ROAD, SKY, SKY]]))
    result = counted(truth, semantic, options)
    assert result["per_class"]["road"]["pq"] == 3 / 4
    assert result["per_class"]["sky"]["pq"] == 0
    assert result["stuff"] == {"pq": 3 / 8, "sq": 3 / 8, "rq": 1 / 2}
    assert all(math.isnan(result[name]) for name in ("pq", "sq", "rq"))
    assert all(math.isnan(score) for score in [*result["things"].values(), *result["per_class"]["car"].values()])
    with pytest.raises(ValueError, match="predicts_things"):
        counted(truth, semantic)


def test_wrong_use_is_told() -> None:
    with pytest.raises(ValueError, match="expected one size"):
        counted(maps("AA", A=CAR), maps("aaa", a=CAR))
    with pytest.raises(ValueError, match="category 4"):
        counted(maps("AA", A=CAR), maps("aa", a=4))
    other = panoptic_quality.build(INFO, metric.Options(panopticapi_compatible=True))
    with pytest.raises(ValueError, match="expected"):
        panoptic_quality.build(INFO, metric.Options()).merge(other)


@pytest.mark.parametrize("compatible", [False, True])
@pytest.mark.parametrize("void", [0.0, 0.2, 0.9])
def test_random_maps_against_the_naive_implementation(void: float, compatible: bool) -> None:
    rng = np.random.default_rng(int(void * 10))
    images = [naive.random_image(rng, len(INFO.categories), void=void) for _ in range(25)]
    expected = naive.score(images, [category.is_thing for category in INFO.categories], compatible)
    accumulator = panoptic_quality.build(INFO, metric.Options(panopticapi_compatible=compatible))
    for image in images:
        accumulator.update(*as_maps(image))
    result = accumulator.result()
    for name, scores, count in zip(INFO.names, result["per_class"].values(), expected["classes"]):
        assert counts(result, name) == count[1:]
        wanted = tuple(map(float, naive.triple(count)))
        assert (scores["pq"], scores["sq"], scores["rq"]) == pytest.approx(wanted, rel=1e-14)
    assert min(sum(column) for column in zip(*expected["classes"])) > 0
    for group, scores in (("all", result), ("things", result["things"]), ("stuff", result["stuff"])):
        wanted = tuple(map(float, expected[group]))
        assert (scores["pq"], scores["sq"], scores["rq"]) == pytest.approx(wanted, rel=1e-14)


def test_random_maps_show_the_quirk() -> None:
    rng = np.random.default_rng(2)
    images = [naive.random_image(rng, len(INFO.categories)) for _ in range(25)]
    every, last = (naive.score(images, [True] * 4, quirk)["classes"] for quirk in (False, True))
    assert sum(count[2] for count in every) < sum(count[2] for count in last)


def test_order_and_merges_change_no_bit() -> None:
    rng = np.random.default_rng(1)
    images = [as_maps(naive.random_image(rng, len(INFO.categories))) for _ in range(30)]
    whole = panoptic_quality.build(INFO, metric.Options())
    for image in images:
        whole.update(*image)
    parts = [panoptic_quality.build(INFO, metric.Options()) for _ in range(3)]
    for index, image in enumerate(reversed(images)):
        parts[index % 3].update(*image)
    total = pickle.loads(pickle.dumps(parts[2]))
    total.merge(parts[0])
    total.merge(parts[1])
    assert total.iou_sums == whole.iou_sums
    assert repr(total.result()) == repr(whole.result())


def as_maps(image: naive.Image) -> tuple[metric.Maps, metric.Maps]:
    """A naive image as truth and prediction."""
    truth, truth_segments, predicted, predicted_segments = image
    return (
        metric.Maps(panoptic=truth, segments={each: metric.Segment(*about) for each, about in truth_segments.items()}),
        metric.Maps(panoptic=predicted, segments={each: metric.Segment(c) for each, c in predicted_segments.items()}),
    )
