"""Truth and prediction as the metrics see them."""

import dataclasses

import numpy as np
import pytest

from seg_models import dataset, errors, maps, metric
from tests import tiny_evaluation as tiny

DIVISOR = tiny.INFO.label_divisor


def _example(semantic: list[list[int]], instance: list[list[int]], crowds: tuple[int, ...] = ()) -> dataset.Example:
    values = np.stack([semantic, instance], axis=-1)
    example = tiny.example("key", values, values % 200)
    objects = tuple(dataclasses.replace(thing, is_crowd=thing.instance in crowds) for thing in example.objects)
    return dataclasses.replace(example, objects=objects)


def test_truth_lists_stuff_things_and_crowds() -> None:
    truth = maps.truth(_example([[0, 1, 2, 2, 2, 255]], [[0, 0, 7, 9, 0, 0]], crowds=(9,)), tiny.INFO)
    assert truth.semantic.tolist() == [[0, 1, 2, 2, 2, 255]]
    first, second = 2 * DIVISOR + 1, 2 * DIVISOR + 2
    # A car's pixel without an instance is void: nobody knows which car it is.
    assert truth.panoptic.tolist() == [[0, DIVISOR, first, second, dataset.VOID_16, dataset.VOID_16]]
    assert truth.segments == {
        0: metric.Segment(0),
        DIVISOR: metric.Segment(1),
        first: metric.Segment(2),
        second: metric.Segment(2, is_crowd=True),
    }


def test_a_record_without_semantic_map_names_its_key() -> None:
    example = dataclasses.replace(_example([[0]], [[0]]), semantic=None)
    with pytest.raises(errors.DataError, match="key.*no semantic map"):
        maps.truth(example, tiny.INFO)


def test_an_unknown_train_id_names_key_and_value() -> None:
    with pytest.raises(errors.DataError, match=r"key: 2 pixels have the value 9.*0\.\.2"):
        maps.truth(_example([[0, 9, 9]], [[0, 0, 0]]), tiny.INFO)


def test_prediction_lists_what_is_there() -> None:
    outputs = {"semantic": np.array([[0, 2]]), "panoptic": np.array([[dataset.VOID_16, 2 * DIVISOR + 5]])}
    prediction = maps.prediction(outputs, tiny.INFO)
    assert prediction.segments == {2 * DIVISOR + 5: metric.Segment(2)}
    assert prediction.panoptic.dtype == prediction.semantic.dtype == np.int32
