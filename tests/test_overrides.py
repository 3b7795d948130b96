"""Fields set by their dotted names."""

import dataclasses

import pytest

from seg_models import errors, overrides
from seg_models.datasets import camvid, tfds
from tests.test_config import experiment


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("train.steps", "7", 7),
        ("train.learning_rate", "1", 1.0),
        ("train.clip_norm", "none", None),
        ("train.clip_norm", "2.5", 2.5),
        ("train.precision", "mixed_bfloat16", "mixed_bfloat16"),
        ("input.size", "180,240", (180, 240)),
        ("input.size", "[180, 240]", (180, 240)),
        ("input.size", "None", None),
        ("evaluation.panopticapi_compatible", "True", True),
        ("evaluation.panopticapi_compatible", "", True),
        ("dataset.seed", "11", 11),
        ("evaluation.metrics", "confusion_matrix", ("confusion_matrix",)),
        ("evaluation.metrics", "one, two", ("one", "two")),
        ("gate.minimum", "mean_iou=0.5,things.pq=1", (("mean_iou", 0.5), ("things.pq", 1.0))),
        ("gate.minimum", '[["mean_iou", 0.5]]', (("mean_iou", 0.5),)),
        ("gate.minimum", "", ()),
    ],
)
def test_override_reaches_every_kind_of_field(name: str, text: str, value: object) -> None:
    assert overrides.fields(overrides.apply(experiment(), {name: text}))[name] == value


def test_override_reads_pairs_of_names_and_what_follows_a_colon() -> None:
    named = overrides.apply(experiment(), {"dataset": "tfds:coco/2017_panoptic", "dataset.splits": "train=train, eval=test"})
    assert named.dataset == tfds.Config(builder="coco/2017_panoptic", splits=(("train", "train"), ("eval", "test")))
    with pytest.raises(errors.UserError, match="`splits`: `train` is no tuple"):
        overrides.apply(tfds.Config(), {"splits": "train"})


def test_override_leaves_the_rest_alone() -> None:
    changed = overrides.apply(experiment(), {"train.steps": "7"})
    assert dataclasses.replace(changed, train=dataclasses.replace(changed.train, steps=5)) == experiment()


def test_override_replaces_a_whole_part() -> None:
    assert overrides.apply(experiment(), {"dataset": "camvid"}).dataset == camvid.Config()


@pytest.mark.parametrize(
    "texts",
    [
        {"inference.margin": "92", "inference.window": "572,572"},
        {"model.backbone.output_stride": "32", "model.backbone": "resnet", "model": "fcn"},
        {"model": "deeplab_v2", "model.backbone": "xception", "model.backbone.output_stride": "8"},
        {"model": "patch_classifier", "model.patch": "65", "model.kernels": "4,4,5"},
    ],
)
def test_overrides_that_fit_only_together_are_set_together(texts: dict[str, str]) -> None:
    for order in (texts, dict(reversed(texts.items()))):
        found = overrides.fields(overrides.apply(experiment(), order))
        for name, text in texts.items():
            if not any(other.startswith(f"{name}.") for other in texts):
                assert str(found[name]).strip("()").replace(" ", "") == text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("train.step", "7", "Did you mean `steps`"),
        ("dataset", "toy_street", "Did you mean `toy_streets`"),
        ("train", "x", "`train` is a section"),
        ("train.steps.x", "1", "`train.steps` has no fields"),
        ("trian.steps", "1", "`trian.steps`.*Did you mean `train`"),
        ("train.steps", "1.5", "`1.5` is no int"),
        ("train.steps", "true", "`true` is no int"),
        ("train.steps", "", "is no int"),
        ("input.size", "180", "is no tuple"),
        ("gate.minimum", "mean_iou", "is no tuple"),
        ("gate.minimum", "mean_iou=high", "is no tuple"),
        ("input.size", "1,2,3", "is no"),
        ("evaluation.panopticapi_compatible", "1", "is no bool"),
    ],
)
def test_override_says_what_is_wrong(name: str, text: str, message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        overrides.apply(experiment(), {name: text})
