"""Every loss of semantic maps: gradients, void, padding, perfect and degenerate input, half precision, replicas."""

import dataclasses
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from seg_models import config as settings
from seg_models import errors
from tests import conftest, tiny_losses

INFO = tiny_losses.INFO
every_loss = pytest.mark.parametrize("name", tiny_losses.CONFIGS)
# The fields that lead to `skip_classes`.
WAYS = {"skip_classes", "scope", "index"}
SKIPPING = [name for name in tiny_losses.NAMES if not WAYS.isdisjoint(vars(tiny_losses.CONFIGS[name]))]


def skipping(config: Any, classes: tuple[int, ...]) -> Any:
    """The settings of a loss with these `skip_classes`."""
    (way,) = WAYS & set(vars(config))
    value = classes if way == "skip_classes" else skipping(getattr(config, way), classes)
    return dataclasses.replace(config, **{way: value})


def certain(semantic: tf.Tensor, height: float = 20.0) -> tf.Tensor:
    """Logits float32 [B, H, W, C] that are sure of a map, int32 [B, H, W]."""
    return height * tf.one_hot(tf.where(semantic == INFO.void, 0, semantic), INFO.num_categories)


@every_loss
def test_settings_come_back_from_json(name: str) -> None:
    config = tiny_losses.CONFIGS[name]
    assert settings.from_json(settings.to_json(config)) == config


@every_loss
def test_gradient_equals_central_differences(name: str) -> None:
    config, logits, weight = tiny_losses.CONFIGS[name], tiny_losses.logits(), tiny_losses.weight()
    batch = tiny_losses.prepared(config, tiny_losses.batch())
    loss, gradient = tiny_losses.cost_and_gradient(config, batch, logits, weight)
    assert loss.dtype == tf.float64 and np.abs(gradient).max() > 1e-4
    random = np.random.default_rng(5)
    for direction in (gradient / np.linalg.norm(gradient), *random.normal(size=(2, *gradient.shape))):
        step = 1e-6 * direction
        costs = [float(tiny_losses.cost(config, batch, moved, weight)) for moved in (logits + step, logits - step)]
        slope = (costs[0] - costs[1]) / 2e-6
        assert slope == pytest.approx((gradient * direction).sum(), rel=1e-6, abs=1e-8)


@every_loss
def test_void_costs_nothing(name: str) -> None:
    config, weight = tiny_losses.CONFIGS[name], tiny_losses.weight()
    logits = tf.cast(tiny_losses.logits(), tf.float32)
    batch = tiny_losses.prepared(config, tiny_losses.batch())
    void = batch["semantic"].numpy() == INFO.void
    loss, gradient = tiny_losses.cost_and_gradient(config, batch, logits, weight)
    assert not gradient[void].any() and gradient[~void].any()
    for nonsense in (50.0, float("nan"), float("-inf")):
        moved = tf.where(void[..., None], nonsense, logits)
        again, same = tiny_losses.cost_and_gradient(config, batch, moved, weight)
        assert again == loss and (same == gradient).all()


@every_loss
def test_an_image_of_weight_0_changes_nothing(name: str) -> None:
    config = tiny_losses.CONFIGS[name]
    batch, logits, weight = tiny_losses.batch(count=3), tiny_losses.logits(count=3), tiny_losses.weight(count=3)
    batch = tiny_losses.prepared(config, batch)
    padded = tf.concat([weight[:2], tf.zeros_like(weight[2:])], axis=0)
    loss, gradient = tiny_losses.cost_and_gradient(config, batch, logits, padded)
    alone = {key: value[:2] for key, value in batch.items()}
    expected, wanted = tiny_losses.cost_and_gradient(config, alone, logits[:2], weight[:2])
    assert float(loss) == pytest.approx(float(expected), rel=1e-12)
    np.testing.assert_allclose(gradient[:2], wanted, atol=1e-12)
    assert not gradient[2].any()
    assert float(tiny_losses.cost(config, batch, logits, weight)) != pytest.approx(float(expected), rel=1e-6)


@every_loss
def test_the_truth_costs_least(name: str) -> None:
    """Certain of the truth: next to nothing; of some pixels wrong: more; of all wrong: most, and no less at least."""
    config, weight = tiny_losses.CONFIGS[name], tiny_losses.weight()
    batch = tiny_losses.prepared(config, tiny_losses.batch())
    wrong = tf.where(batch["semantic"] == INFO.void, INFO.void, (batch["semantic"] + 1) % INFO.num_categories)
    some = tf.where(tf.range(7) < 2, wrong, batch["semantic"])
    right, partly, quite = (
        float(tiny_losses.cost(config, batch, certain(each), weight)) for each in (batch["semantic"], some, wrong)
    )
    assert right + 0.02 < partly < quite * 1.001
    if name != "cross_entropy smooth":  # its truth is certain of nothing
        assert right < 0.02


@every_loss
@pytest.mark.parametrize("case", ["one class", "all void", "no weight", "huge", "huge and wrong", "flat"])
def test_degenerate_input_is_finite(name: str, case: str) -> None:
    config, weight, batch = tiny_losses.CONFIGS[name], tiny_losses.weight(), tiny_losses.batch()
    logits = tf.cast(tiny_losses.logits(), tf.float32)
    if case in ("one class", "all void"):
        batch["semantic"] = tf.fill(batch["semantic"].shape, 2 if case == "one class" else INFO.void)
    if case == "no weight":
        weight = tf.zeros_like(weight)
    if case.startswith("huge"):
        wrong = tf.where(batch["semantic"] == INFO.void, 0, 3 - batch["semantic"])
        logits = certain(wrong if case == "huge and wrong" else batch["semantic"], 1e4)
    if case == "flat":
        logits = tf.zeros_like(logits)
    loss, gradient = tiny_losses.cost_and_gradient(config, tiny_losses.prepared(config, batch), logits, weight)
    assert np.isfinite(float(loss)) and np.isfinite(gradient).all()
    if case in ("all void", "no weight"):
        assert float(loss) == 0 and not gradient.any()


@every_loss
def test_half_precision_is_computed_in_float32(name: str) -> None:
    config, weight = tiny_losses.CONFIGS[name], tiny_losses.weight()
    batch, halves = tiny_losses.prepared(config, tiny_losses.batch()), tf.cast(tiny_losses.logits(), tf.bfloat16)
    loss, gradient = tiny_losses.cost_and_gradient(config, batch, halves, weight)
    exact, wanted = tiny_losses.cost_and_gradient(config, batch, tf.cast(halves, tf.float64), weight)
    assert loss.dtype == tf.float32 and float(loss) == pytest.approx(float(exact), rel=1e-5)
    assert np.abs(gradient.astype(float) - wanted).max() < 0.01 * np.abs(wanted).max()


@pytest.mark.parametrize("name", tiny_losses.NAMES)
def test_graph_of_unknown_sizes(name: str) -> None:
    config = tiny_losses.CONFIGS[name]
    batch, logits, weight = tiny_losses.batch(), tiny_losses.logits(), tiny_losses.weight()
    maps = tf.TensorSpec([None, None, None], tf.int32)
    scores = tf.TensorSpec([None, None, None, INFO.num_categories], tf.float64)
    graph = tf.function(
        lambda *given: tiny_losses.cost(config, tiny_losses.prepared(config, given[0]), *given[1:]),
        input_signature=[{"semantic": maps, "instance": maps}, scores, tf.TensorSpec([None, None, None], tf.float32)],
    )
    expected = tiny_losses.cost(config, tiny_losses.prepared(config, batch), logits, weight)
    assert float(graph(batch, logits, weight)) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("name", SKIPPING)
@pytest.mark.parametrize(
    ("classes", "message"), [((0, 1, 2, 3), "leave a class of `four`"), ((0, 4), "0 to 3, not 4")]
)
def test_the_classes_that_are_skipped_are_some_of_the_data_set(
    name: str, classes: tuple[int, ...], message: str
) -> None:
    config = skipping(tiny_losses.CONFIGS[name], classes)
    with pytest.raises(errors.UserError, match=message):
        prepared = tiny_losses.prepared(config, tiny_losses.batch())
        tiny_losses.cost(config, prepared, tiny_losses.logits(), tiny_losses.weight())


def test_two_replicas_add_up_to_one_device() -> None:
    """All losses in one other process: logical devices must be there before TensorFlow starts."""
    command = [sys.executable, "-m", "tests.mirrored_losses"]
    ended = subprocess.run(command, cwd=conftest.ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert set(found) == set(tiny_losses.CONFIGS)
    for name, (loss, gradient) in found.items():
        # All is float64 but the distances of `hausdorff`, which a graph squares in another way.
        assert loss < 1e-9 and gradient < 1e-9, (name, loss, gradient)
