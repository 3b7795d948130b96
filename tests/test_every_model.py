"""Every model: any size and batch, void and padding cost nothing, maps keep their promises, replicas, half precision."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, export, model, predict, registry
from tests import mirrored_check, tiny_models

NAMES = registry.available(tiny_models.PACKAGE)
SIZES = ((1, 33, 47), (3, 64, 48), (2, 5, 9))

every_model = pytest.mark.parametrize("name", NAMES)


def cost(network: model.SegmentationModel, batch: model.Batch) -> tuple[float, list[np.ndarray]]:
    """The loss of a training step, and its gradients."""
    with tf.GradientTape() as tape:
        outputs = network(batch["image"], training=True)
        loss = network.compute_loss(batch["image"], batch, outputs)
    gradients = tape.gradient(loss, network.trainable_variables, unconnected_gradients="zero")
    return float(loss), [gradient.numpy() for gradient in gradients]


def loss_of(network: model.SegmentationModel, batch: model.Batch, outputs: model.Outputs) -> float:
    return float(tf.add_n(list(network.loss_terms(batch, outputs).values())))


def test_every_model_is_here() -> None:
    assert set(tiny_models.CONFIGS) == set(NAMES), "give a new model its smallest Config in tests/tiny_models.py"


@every_model
def test_settings_come_back_from_json(name: str) -> None:
    for config in (tiny_models.config(name), registry.find(tiny_models.PACKAGE, name).Config()):
        assert settings.from_json(settings.to_json(config)) == config
        assert not config.pretrained


@every_model
def test_any_size_and_any_batch(name: str) -> None:
    network = tiny_models.shared(name)
    for count, height, width in SIZES:
        batch = tiny_models.batch(count, count, (height, width))
        outputs = network(batch["image"])
        assert all(value.dtype == tf.float32 for value in outputs.values())
        terms = network.loss_terms(batch, outputs)
        assert set(terms) == set(network.loss_names or ("semantic",))
        assert all(term.shape == () and np.isfinite(term) and term > 0 for term in terms.values())
        for size in ((height, width), (2 * height, width + 1)):
            maps = network.maps(outputs, tf.constant(size))
            assert set(maps) == set(network.tasks)
            for each in maps.values():
                assert each.shape == (count, *size) and each.dtype == tf.int32


@every_model
def test_all_weights_learn(name: str) -> None:
    network = tiny_models.shared(name)
    batch = tiny_models.batch(0, 2, (64, 48))
    loss, gradients = cost(network, batch)
    assert np.isfinite(loss)
    assert all(np.isfinite(gradient).all() and gradient.any() for gradient in gradients)
    for weight, gradient in zip(network.trainable_variables, gradients):
        weight.assign_sub(1e-4 * gradient)
    assert cost(network, batch)[0] < loss


@every_model
def test_maps_keep_their_promises(name: str) -> None:
    network, size = tiny_models.shared(name), (40, 36)
    outputs = tiny_models.noise_like(network(tiny_models.batch(0)["image"]), (10, 9), scale=3.0)
    maps = {task: value.numpy() for task, value in network.maps(outputs, tf.constant(size)).items()}
    best = tf.argmax(tf.image.resize(outputs["semantic"], size), axis=-1).numpy()
    assert (maps["semantic"] == best).all() and len(np.unique(maps["semantic"])) > 1
    for semantic, panoptic in zip(maps["semantic"], maps.get("panoptic", ())):
        check_panoptic(semantic, panoptic)


def check_panoptic(semantic: np.ndarray, panoptic: np.ndarray) -> None:
    """int32 [H, W] each: every segment's category is what most of its pixels are; stuff and things do not mix."""
    info = tiny_models.INFO
    ids, areas = np.unique(panoptic[panoptic != dataset.VOID_16], return_counts=True)
    assert ids.min() >= 0 and ids.max() < info.num_categories * info.label_divisor
    categories, instances = np.divmod(ids, info.label_divisor)
    assert {category.is_thing for category in np.array(info.categories, object)[categories]} == {True, False}
    for each, category, instance, area in zip(ids, categories, instances, areas):
        inside = semantic[panoptic == each]
        assert category == np.bincount(inside).argmax()
        assert (instance > 0) == info.categories[category].is_thing
        assert np.isin(inside, info.thing_ids).all() if instance else (inside == category).all()
        assert instance or area >= tiny_models.CONFIGS["panoptic_deeplab"].grouping.stuff_area


@every_model
def test_void_pixels_cost_nothing(name: str) -> None:
    network, batch = tiny_models.shared(name), tiny_models.batch(0)
    void = batch["semantic"].numpy() == tiny_models.INFO.void
    outputs = tiny_models.noise_like(network(batch["image"]), void.shape[1:])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = tf.add_n(list(network.loss_terms(batch, outputs).values()))
    for gradient in tape.gradient(loss, outputs).values():
        assert not gradient.numpy()[void].any() and gradient.numpy()[~void].any()
    moved = {key: tf.where(void[..., None], -50 * value, value) for key, value in outputs.items()}
    assert loss_of(network, batch, moved) == float(loss)
    renamed = {**batch, "instance": tf.where(void, 7, batch["instance"])}
    assert loss_of(network, renamed, outputs) == float(loss)
    elsewhere = {key: tf.where(void[..., None], value, -50 * value) for key, value in outputs.items()}
    assert loss_of(network, batch, elsewhere) != float(loss)


@every_model
def test_a_batch_of_void_costs_nothing(name: str) -> None:
    network, batch = tiny_models.shared(name), tiny_models.batch(0)
    nothing = tf.fill(batch["semantic"].shape, tiny_models.INFO.void)
    loss, gradients = cost(network, {**batch, "semantic": nothing})
    assert loss == 0
    assert not any(gradient.any() or np.isnan(gradient).any() for gradient in gradients)


@every_model
def test_an_image_of_weight_0_changes_nothing(name: str) -> None:
    network, batch = tiny_models.shared(name), tiny_models.batch(0, 3)
    alone = {key: value[:2] for key, value in batch.items()}
    padded = {**batch, "weight": tf.constant([1.0, 1.0, 0.0])}
    (loss, gradients), (expected, expected_gradients) = cost(network, padded), cost(network, alone)
    assert loss == pytest.approx(expected, rel=1e-6)
    assert cost(network, batch)[0] != pytest.approx(expected, rel=1e-4)
    largest = max(np.abs(gradient).max() for gradient in expected_gradients)
    for gradient, wanted in zip(gradients, expected_gradients):
        np.testing.assert_allclose(gradient, wanted, atol=1e-5 * largest)


@every_model
def test_half_precision(name: str) -> None:
    with tiny_models.precision("mixed_bfloat16"):
        network, batch = tiny_models.build(name), tiny_models.batch(0)
    assert any(layer.compute_dtype == "bfloat16" for layer in network.network.layers)
    assert all(value.dtype == tf.float32 for value in network(batch["image"]).values())
    loss, gradients = cost(network, batch)
    assert np.isfinite(loss) and all(np.isfinite(gradient).all() for gradient in gradients)
    assert all(gradient.dtype == np.float32 for gradient in gradients)


@every_model
def test_the_exported_model_says_what_the_model_says(name: str, tmp_path: Path) -> None:
    network = tiny_models.shared(name)
    export.export(network, str(tmp_path / "model"), None)
    loaded = export.load(str(tmp_path / "model"))
    for count, height, width in ((2, 33, 47), (1, 40, 24)):
        image = tf.cast(tiny_models.batch(count, count, (height, width))["image"], tf.uint8)
        expected = predict.predict(network, image, None)
        found = loaded.signatures["dense"](image=image)
        assert set(found) == set(expected)
        for task, values in expected.items():
            # Where two classes are equal but for rounding, either may win.
            assert (found[task].numpy() == values.numpy()).mean() > 0.999


@every_model
def test_two_replicas_learn_what_one_device_learns(name: str) -> None:
    found = mirrored_check.run(name)
    assert found["void"][0] > 2 * found["void"][1], "the check must spread void unevenly"
    assert found["largest_gradient"] > 1e-3 and found["weights_moved"] > 1e-3
    for what in ("loss", "gradients", "logged_loss", "weights", "average"):
        assert found[what] < 1e-5, f"{what}: {found}"
