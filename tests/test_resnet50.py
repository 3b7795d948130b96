"""ResNet-50 equals the one of keras.applications, weights file included."""

from pathlib import Path

import keras
import numpy as np

from seg_models.backbones import resnet50
from seg_models.layers import normalization


def test_is_the_published_network(tmp_path: Path) -> None:
    image = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    published = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(64, 64, 3))
    preprocessed = keras.applications.resnet50.preprocess_input(image.copy())
    for layer in published.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    published(preprocessed, training=True)  # statistics unlike those that a new network starts with
    path = tmp_path / "resnet.h5"
    published.save_weights(path)

    levels = resnet50.build(resnet50.Config(output_stride=32, weights=str(path)), normalization.Norm("batch"))(image)

    tapped = keras.Model(published.input, [published.get_layer(name).output for name in resnet50.LEVELS.values()])
    for ours, theirs in zip((levels[level] for level in resnet50.LEVELS), tapped(preprocessed)):
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())
