"""Before the first step of a training: what is refused there, and how the steps are shared out to rounds."""

import dataclasses
from pathlib import Path

import pytest

from seg_models import errors, inference, train
from tests import tiny_models, tiny_training


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with records."""
    root = tmp_path_factory.mktemp("training")
    tiny_training.write_records(root)
    return root


def test_inference_that_does_not_fit_the_model_is_refused_before_the_first_step(root: Path) -> None:
    folders = tiny_training.folders(root, "unfit")
    settings = dataclasses.replace(
        tiny_training.settings(),
        model=tiny_models.CONFIGS["panoptic_deeplab"],
        inference=inference.Inference(flip=True),
    )
    with pytest.raises(errors.UserError, match="tells things apart"):
        train.train(settings, folders)
    assert not Path(folders.checkpoints).exists() and not Path(folders.model).exists()


def test_a_score_that_is_watched_and_that_no_metric_gives_is_refused_before_the_first_step(root: Path) -> None:
    folders = tiny_training.folders(root, "misspelt")
    with pytest.raises(errors.UserError, match="train.patience.*Did you mean `mean_iou`"):
        train.train(tiny_training.settings(metric="mean_iuo", patience=2), folders)
    assert not Path(folders.checkpoints).exists()


@pytest.mark.parametrize(
    ("every", "expected"), [(0, 0), (1, 1), (100, 1), (149, 1), (151, 2), (249, 2), (251, 3), (9999, 100)]
)
def test_evaluations_are_as_many_rounds_apart_as_comes_nearest(every: int, expected: int) -> None:
    settings = tiny_training.settings(steps=1000, checkpoint_every=100, evaluate_every=every)
    assert train._evaluation_rounds(settings.train) == expected


@pytest.mark.parametrize(
    ("steps", "every", "expected"), [(8, 2, (4, 2)), (7, 3, (3, 3)), (5, 100, (1, 5)), (1, 1, (1, 1)), (10, 4, (3, 4))]
)
def test_rounds_are_whole_and_no_longer_than_asked(steps: int, every: int, expected: tuple[int, int]) -> None:
    assert train._rounds(tiny_training.settings(steps=steps, checkpoint_every=every).train) == expected
