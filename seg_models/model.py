"""SegmentationModel: the contract that training, evaluation and export use."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from seg_models import dataset, registry

Batch = Mapping[str, tf.Tensor]
Outputs = dict[str, tf.Tensor]


class SegmentationModel(keras.Model):
    """A network, what it costs and what its outputs mean.

    A subclass says which `tasks` it does, names its losses where it has several, and defines `loss_terms` and `maps`.

    Args:
      info: the data set's classes.
      network: functional model, float 0..255 [B, H, W, 3] -> named float tensors, for any B, H and W.
      backbone: the part of the network whose weights may be pretrained; settings name them as backbone/*.
    """

    tasks: tuple[str, ...] = ("semantic",)
    loss_names: tuple[str, ...] = ()

    def __init__(
        self, info: dataset.DatasetInfo, network: keras.Model, *, backbone: keras.Model | None = None
    ) -> None:
        # No autocast: in half precision 0..255 would be rounded before the preprocessing, which is in float32.
        super().__init__(name=network.name, autocast=False)
        self.info = info
        self.network = network
        self.backbone_weights = frozenset(id(weight) for weight in backbone.weights) if backbone else frozenset()
        self.built = True  # the functional network has its weights from the start
        self.class_weights = (1.0,) * info.num_categories
        self.trackers = {name: keras.metrics.Mean(name=name) for name in ("loss", *self.loss_names)}

    def call(self, image: tf.Tensor, training: bool | None = None) -> Outputs:
        """Float32 0..255 [B, H, W, 3] -> named float tensors [B, h, w, ...] at the network's own stride."""
        return self.network(image, training=training)

    def loss_terms(self, batch: Batch, outputs: Outputs) -> dict[str, tf.Tensor]:
        """Named scalars, this replica's shares of the global batch's losses; the loss is their sum."""
        raise NotImplementedError

    def maps(self, outputs: Outputs, size: tf.Tensor) -> dict[str, tf.Tensor]:
        """What the outputs say, at `size` (int32 [2]): "semantic" and, if it is a task, "panoptic", int32 [B, H, W]."""
        raise NotImplementedError

    def pixel_weights(self, batch: Batch) -> tf.Tensor:
        """Float32 [B, H, W]: the class weight of each pixel; 0 on void and on images that only fill the batch up."""
        table = tf.constant(self.class_weights + (0.0,), tf.float32)
        semantic = tf.minimum(batch["semantic"], self.info.num_categories)
        return tf.gather(table, semantic) * batch["weight"][:, None, None]

    def probabilities(self, outputs: Outputs, size: tf.Tensor) -> tf.Tensor:
        """Float32 [B, H, W, C]: how sure the model is of each class at `size`, so that views can be averaged."""
        return tf.nn.softmax(resize(outputs["semantic"], size))

    def compute_loss(
        self,
        x: Any = None,
        y: Batch | None = None,
        y_pred: Outputs | None = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tf.Tensor:
        """Keras calls this in every step; `y` is the batch."""
        terms = self.loss_terms(y, y_pred)
        total = tf.add_n(list(terms.values()))
        # A replica's share times the number of replicas averages to the global loss, which is what people read.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        for name, tracker in self.trackers.items():
            value = terms.get(name, total)
            tracker.update_state(tf.stop_gradient(value) * replicas)
        return total

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, tf.Tensor]:
        """The means of loss and loss terms since the last reset."""
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """What Keras resets at the start of an epoch."""
        return list(self.trackers.values())


class SemanticModel(SegmentationModel):
    """A network that gives one score a class and pixel.

    Args:
      info: the data set's classes.
      network: float 0..255 [B, H, W, 3] -> {"semantic": float [B, h, w, C]} and the auxiliary outputs.
      loss: a Config of seg_models.losses.
      auxiliary: further outputs of the network, which only training needs -> what their loss is multiplied by. They
        hold scores like "semantic", and cost the same loss.
      backbone: as in SegmentationModel.
    """

    def __init__(
        self,
        info: dataset.DatasetInfo,
        network: keras.Model,
        loss: Any,
        *,
        auxiliary: Mapping[str, float] | None = None,
        backbone: keras.Model | None = None,
    ) -> None:
        super().__init__(info, network, backbone=backbone)
        self.loss_config = loss
        self.loss_function = registry.module_of(loss).loss
        self.output_weights = {"semantic": 1.0, **(auxiliary or {})}
        if auxiliary:
            self.loss_names = tuple(self.output_weights)
            self.trackers |= {name: keras.metrics.Mean(name=name) for name in self.loss_names}

    def loss_terms(self, batch: Batch, outputs: Outputs) -> dict[str, tf.Tensor]:
        """{"semantic": scalar} and the auxiliary ones. The logits are enlarged to the truth, which loses nothing."""
        size, weight = tf.shape(batch["semantic"])[1:3], self.pixel_weights(batch)
        return {
            name: factor * self.loss_function(self.loss_config, self.info, batch, resize(outputs[name], size), weight)
            for name, factor in self.output_weights.items()
        }

    def maps(self, outputs: Outputs, size: tf.Tensor) -> dict[str, tf.Tensor]:
        """{"semantic": int32 [B, H, W]}: the best class of every pixel of `size`."""
        logits = resize(outputs["semantic"], size)
        return {"semantic": tf.argmax(logits, axis=-1, output_type=tf.int32)}


def thinned(batch: Batch, rows: tf.Tensor, columns: tf.Tensor) -> dict[str, tf.Tensor]:
    """The batch with its maps, [B, H, W, ...], read at these rows and columns, int32 [h] and [w], alone."""
    return {
        key: tf.gather(tf.gather(value, rows, axis=1), columns, axis=2) if value.shape.rank >= 3 else value
        for key, value in batch.items()
    }


def resize(features: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Float [B, h, w, C] -> float32 [B, H, W, C], bilinear, half-pixel centres."""
    features = tf.cast(features, tf.float32)
    # At the wanted size already they would only be copied.
    return tf.cond(
        tf.reduce_all(tf.shape(features)[1:3] == size),
        lambda: features,
        lambda: tf.image.resize(features, size, method="bilinear"),
    )
