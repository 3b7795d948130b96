"""Search spaces as text, and what their values do to settings."""

import pytest

from seg_models import config, errors, overrides, tuning
from seg_models.models import deeplab_v3_plus, unet
from seg_models.schedules import step
from tests import test_config, tiny_training

SETTINGS = tiny_training.settings()


def tune(*space: tuple[str, str]) -> config.Tune:
    return config.Tune(space=space)


def test_texts_and_ranges() -> None:
    found = tuning.space(
        tune(
            ("model", "unet | deeplab_v3_plus"),
            ("model.depth", "2..4"),
            ("train.learning_rate", "1e-4..0.01 log"),
            ("train.weight_decay", "0..0.5"),
            ("train.start_from", "../a|../b"),
            ("train.batch", "8..64 log"),
        )
    )
    assert found == [
        tuning.Choice("model", ("unet", "deeplab_v3_plus")),
        tuning.Range("model.depth", 2, 4, whole=True, log=False),
        tuning.Range("train.learning_rate", 1e-4, 0.01, whole=False, log=True),
        tuning.Range("train.weight_decay", 0.0, 0.5, whole=False, log=False),
        tuning.Choice("train.start_from", ("../a", "../b")),
        tuning.Range("train.batch", 8, 64, whole=True, log=True),
    ]


@pytest.mark.parametrize("text", ["4..2", "3..3", "0..1 log", "-1.0..1.0 log"])
def test_ranges_that_are_none(text: str) -> None:
    with pytest.raises(errors.UserError, match="`x` is .*LOW below HIGH"):
        tuning.space(tune(("x", text)))


def test_an_empty_space() -> None:
    with pytest.raises(errors.UserError, match="`tune.space` is empty"):
        tuning.space(config.Tune())


def test_every_candidate_is_tried_on_the_settings() -> None:
    found = tuning.variants(SETTINGS, tune(("model", "unet|deeplab_v3_plus"), ("train.learning_rate", "0.1..0.5")))
    assert [type(each.model) for each in found[:2]] == [unet.Config, deeplab_v3_plus.Config]
    assert [each.train.learning_rate for each in found[2:]] == [0.1, 0.5]


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("train.learning_rat", "0.1..0.5", "Did you mean `learning_rate`"),
        ("dataset.seed", "1|2", "No `dataset`"),
        ("model.width", "4|many", "`many` is no int"),
        ("model.width", "4.0..8.5", "is no int"),
        ("model", "unet|unett", "Did you mean `unet`"),
    ],
)
def test_candidates_that_do_not_fit_are_named(field: str, text: str, message: str) -> None:
    with pytest.raises(errors.UserError, match=f"`tune.space`: .*{message}"):
        tuning.variants(SETTINGS, tune((field, text)))


def test_parts_are_chosen_before_their_fields() -> None:
    found = tuning.apply(SETTINGS, {"model.decoder_channels": 32, "model": "deeplab_v3_plus", "input.batch_size": 4})
    assert found.model == deeplab_v3_plus.Config(decoder_channels=32) and found.input.batch_size == 4
    assert found.train == SETTINGS.train


def test_a_trial_takes_its_share_of_the_steps_and_of_the_warmup() -> None:
    settings = tiny_training.settings(steps=100, warmup_steps=10, patience=3, metric="mean_iou")
    short = tuning.shortened(settings, 0.2)
    assert (short.train.steps, short.train.warmup_steps, short.train.evaluate_every) == (20, 2, 0)
    assert (short.train.patience, short.metric) == (0, "")
    shortest = tuning.shortened(settings, 0.001).train
    assert (shortest.steps, shortest.warmup_steps) == (1, 0)


def test_a_trial_s_learning_rate_falls_at_the_same_places_of_the_run() -> None:
    """Of 1000 steps at 500 and 900, and at two thirds; of a trial of 100 at 50 and 90, and at two thirds."""
    schedule = step.Config(milestones=(500, 2 / 3, 900))
    short = tuning.shortened(tiny_training.settings(steps=1000, schedule=schedule), 0.1).train
    assert short.schedule.milestones == pytest.approx((50, 2 / 3, 90)) and short.schedule.factor == schedule.factor
    built = step.build(short.schedule, learning_rate=1.0, steps=short.steps, warmup_steps=0)
    assert [float(built(place)) for place in (49, 50, 66, 67, 89, 90)] == pytest.approx([1, 0.1, 0.1, 0.01, 0.01, 1e-3])
    # A step stays one where it would become a fraction.
    assert step.shortened(step.Config(milestones=(5, 9)), 0.1).milestones == (1, 1)
    kept = tuning.shortened(tiny_training.settings(), 0.5).train.schedule
    assert kept == tiny_training.settings().train.schedule


def test_the_section_comes_with_its_first_field_on_the_command_line() -> None:
    before = test_config.experiment()
    assert before.tune is None
    found = overrides.apply(before, {"tune.trials": "3", "tune.space": "model.width=8|16,train.seed=1..9"}).tune
    assert found == config.Tune(space=(("model.width", "8|16"), ("train.seed", "1..9")), trials=3)
    found = overrides.apply(before, {"tune.space": '[["input.size", "180,240|90,120"]]'}).tune
    assert tuning.variants(SETTINGS, found)[1].input.size == (90, 120)
    with pytest.raises(errors.UserError, match="Did you mean `random`"):
        overrides.apply(before, {"tune.algorithm": "randm"})
    with pytest.raises(errors.UserError, match="tune.share"):
        overrides.apply(before, {"tune.share": "0"})


def test_the_metric_is_the_gate_s_unless_another_is_named() -> None:
    before = overrides.apply(test_config.experiment(), {"tune.trials": "3", "gate.metric": "pq"})
    assert tuning.metric(before) == "pq"
    assert tuning.metric(overrides.apply(before, {"tune.metric": "mean_iou"})) == "mean_iou"
