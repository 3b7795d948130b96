"""MobileNetV2 equals the one of keras.applications, weights file included."""

from pathlib import Path

import keras
import numpy as np

from seg_models.backbones import mobilenet_v2
from seg_models.layers import normalization


def test_is_the_published_network(tmp_path: Path) -> None:
    image = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    published = keras.applications.MobileNetV2(alpha=0.35, include_top=False, weights=None, input_shape=(64, 64, 3))
    preprocessed = keras.applications.mobilenet_v2.preprocess_input(image.copy())
    for layer in published.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    published(preprocessed, training=True)  # statistics unlike those that a new network starts with
    path = tmp_path / "mobilenet.h5"
    published.save_weights(path)

    config = mobilenet_v2.Config(output_stride=32, alpha=0.35, weights=str(path))
    levels = mobilenet_v2.build(config, normalization.Norm("batch"))(image)

    outputs = [published.get_layer(name).output for name in mobilenet_v2.LEVELS.values()]
    tapped = keras.Model(published.input, outputs)
    for ours, theirs in zip((levels[level] for level in mobilenet_v2.LEVELS), tapped(preprocessed)):
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())
