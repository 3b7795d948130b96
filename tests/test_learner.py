"""What learns, as the settings say."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import config, errors, learner, manifest, model
from seg_models.optimizers import adamw
from tests import tiny_training


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> manifest.Manifest:
    root = tmp_path_factory.mktemp("learner")
    tiny_training.write_records(root)
    return manifest.read(root / "records")


def build(records: manifest.Manifest, settings: config.Training, steps: int = 50) -> learner.Learner:
    return learner.build(settings, records, tf.distribute.get_strategy(), steps)


def test_the_parts_are_those_of_the_settings(records: manifest.Manifest) -> None:
    built = build(records, tiny_training.settings())
    assert isinstance(built.network, model.SemanticModel) and built.network.info == records.info
    optimizer = built.network.optimizer
    assert isinstance(optimizer, adamw.AdamW) and optimizer.global_clipnorm == 1.0
    assert built.step == 0 and not bool(built.progress.finished)
    # Warm-up over 2 of the 50 steps, then poly of power 0.9 over the other 48.
    for step, rate in ((1, 0.005), (2, 0.01), (26, 0.01 * 0.5**0.9), (50, 0.0)):
        optimizer.iterations.assign(step)
        optimizer.apply_gradients([(tf.zeros(weight.shape), weight) for weight in built.network.trainable_variables])
        assert float(optimizer.learning_rate) == pytest.approx(rate, abs=1e-9), step


def test_class_weights_come_from_the_train_split(records: manifest.Manifest) -> None:
    split = records.splits["train"]
    frequency = np.array(split.class_pixels) / np.array(split.class_image_pixels)
    built = build(records, tiny_training.settings())
    assert built.network.class_weights == pytest.approx(np.median(frequency) / frequency)
    assert build(records, tiny_training.settings(class_weights="none")).network.class_weights == (1, 1, 1, 1)


@pytest.mark.parametrize(("batch_size", "kind"), [(8, "batch"), (4, "group")])
def test_the_normalisation_fits_the_batch_and_the_run(records: manifest.Manifest, batch_size: int, kind: str) -> None:
    built = build(records, tiny_training.settings(batch_size), steps=200)
    assert (built.config.norm.kind, built.config.norm.momentum) == (kind, pytest.approx(0.95))
    found = [layer for layer in built.network.network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert bool(found) == (kind == "batch") and all(layer.momentum == built.config.norm.momentum for layer in found)


def test_kernels_alone_decay(records: manifest.Manifest) -> None:
    """Without gradients a step takes learning_rate * weight_decay off a kernel, and nothing off the rest."""
    settings = tiny_training.settings(warmup_steps=0, weight_decay=0.5, clip_norm=None)
    built = build(records, settings, steps=10**6)
    network, optimizer = built.network, built.network.optimizer
    for variable in network.trainable_variables:
        variable.assign(tf.fill(variable.shape, 2.0))
    nothing = [tf.zeros(variable.shape) for variable in network.trainable_variables]
    optimizer.apply_gradients(zip(nothing, network.trainable_variables))
    for variable in network.trainable_variables:
        expected = 2 * (1 - 0.01 * 0.5) if "kernel" in variable.name else 2
        np.testing.assert_allclose(variable, expected, rtol=1e-6)


def test_the_judged_weights_are_the_averaged_ones_or_the_last(records: manifest.Manifest) -> None:
    for decay in (0.9, None):
        built = build(records, tiny_training.settings(ema_decay=decay))
        bias = built.network.network.get_layer("semantic").bias
        bias.assign([5.0] * 4)
        with built.judged_weights():
            judged = bias.numpy().tolist()
        # The averages were taken at the start, when biases are 0.
        assert judged == ([0.0] * 4 if decay else [5.0] * 4) and bias.numpy().tolist() == [5.0] * 4


def test_impossible_settings_are_named(records: manifest.Manifest) -> None:
    with pytest.raises(errors.UserError, match="warmup_steps"):
        build(records, tiny_training.settings(warmup_steps=60))
    with pytest.raises(errors.UserError, match="train.class_weights"):
        build(records, tiny_training.settings(class_weights="balanced"))
