"""Statistics of batch normalisation as true averages over training images, instead of moving ones.

"PreciseBN" (Wu and Johnson, 2021, "Rethinking 'Batch' in BatchNorm", section 3): the moving averages lag behind the
weights, and they average over weights that no longer are. Here the weights stand still while images pass.
"""

import contextlib
import functools
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from seg_models import errors, model, weight_paths

FIELD = "train.precise_bn_images"


class PreciseNorm:
    """Recomputes the statistics of every batch normalisation that learns; frozen ones keep theirs.

    Args:
      network: built under the strategy's scope.
      images: float32 0..255 [B, H, W, 3], the same ones at every iteration, in batches of those of training.
      distribution: what the network learns on.

    Raises:
      UserError: a batch normalisation's input cannot be reached.
    """

    def __init__(
        self, network: model.SegmentationModel, images: tf.data.Dataset, distribution: tf.distribute.Strategy
    ) -> None:
        self._layers = _layers(network)
        self._images = distribution.experimental_distribute_dataset(images)
        self._distribution = distribution
        self._kept = [weight for weight in network.network.variables if not weight.trainable]
        self._inputs = keras.Model(network.network.inputs, [layer.input for layer in self._layers])

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Within this, the network has the statistics of the weights that it has; all workers must enter it."""
        # The passes below move the moving statistics, and count the steps of dropout.
        kept = [tf.identity(weight) for weight in self._kept]
        try:
            for layer, (mean, variance) in zip(self._layers, self._statistics()):
                layer.moving_mean.assign(mean)
                layer.moving_variance.assign(variance)
            yield
        finally:
            for weight, value in zip(self._kept, kept):
                weight.assign(value)

    def _statistics(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Mean and variance, float64 [C], of what each layer normalises, over all images."""
        counts, means, squares = (0.0,) * 3
        for image in self._images:
            # Of each replica, [R, layers] and [R, all channels].
            count, mean, variance = (value.numpy().astype(np.float64) for value in self._moments(image))
            counts = counts + count.sum(0)
            weight = np.repeat(count, self._channels, axis=1)
            means = means + (weight * mean).sum(0)
            squares = squares + (weight * (variance + mean**2)).sum(0)
        total = np.repeat(counts, self._channels)
        mean = means / total
        variance = squares / total - mean**2
        ends = np.cumsum(self._channels)[:-1]
        return list(zip(np.split(mean, ends), np.split(variance, ends)))

    @functools.cached_property
    def _channels(self) -> list[int]:
        return [layer.moving_mean.shape[0] for layer in self._layers]

    @tf.function
    def _moments(self, image: tf.Tensor) -> list[tf.Tensor]:
        """Float32: of each replica, how many numbers a channel has in each layer, and their mean and variance."""
        return [self._distribution.gather(value, axis=0) for value in self._distribution.run(self._replica, (image,))]

    def _replica(self, image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """[1, layers], [1, all channels], [1, all channels]."""
        counts, means, variances = [], [], []
        for features in tf.nest.flatten(self._inputs(image, training=True)):
            axes = list(range(features.shape.rank - 1))
            mean, variance = tf.nn.moments(tf.cast(features, tf.float32), axes)
            counts.append(tf.cast(tf.size(features) / tf.size(mean), tf.float32))
            means.append(mean)
            variances.append(variance)
        return tf.stack(counts)[None], tf.concat(means, 0)[None], tf.concat(variances, 0)[None]


def build(
    network: model.SegmentationModel, images: tf.data.Dataset, distribution: tf.distribute.Strategy
) -> PreciseNorm | None:
    """PreciseNorm, or None for a network without a batch normalisation that learns."""
    return PreciseNorm(network, images, distribution) if _layers(network) else None


def _layers(network: model.SegmentationModel) -> list[keras.layers.BatchNormalization]:
    """The batch normalisations that learn."""
    found = [layer for layer in network.network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    known = {id(weight) for layer in found for weight in layer.weights}
    hidden = [
        path
        for path, weight in weight_paths.named(network).items()
        if path.endswith("/moving_mean") and id(weight) not in known
    ]
    if hidden:
        raise errors.UserError(
            f"`{FIELD}`: the batch normalisation of {hidden[0]} is inside another layer, where its input cannot be "
            "reached. Set it to 0."
        )
    return [layer for layer in found if layer.trainable]
