"""Normalisation that fits the batch and the length of the run, chosen once for the whole model."""

import dataclasses
import logging

import keras
import tensorflow as tf

from seg_models import errors, registry

KINDS = ("auto", "batch", "sync_batch", "group", "frozen", "none")
SMALL_BATCH = 8  # images on a replica below which batch statistics are too noisy to learn from

log = logging.getLogger("segline")


@dataclasses.dataclass(frozen=True)
class Norm:
    """Which normalisation a model uses.

    Attributes:
      kind: "batch"; "sync_batch" (statistics over all replicas); "group" (Wu and He, 2018); "frozen" (batch
        normalisation that keeps its pretrained statistics; layers that have none get "group"); "none" (as in networks
        before 2015); "auto" is resolved when the batch is known. Pretrained is what a backbone's `weights` bring. Where
        `train.start_from` alone brings statistics, "batch" takes them over, and factor 0 of
        `train.learning_rate_factors` freezes them; "frozen" then has no layer for them.
      momentum: of the moving statistics; None: from the length of the run.
      epsilon: added to the variance.
    """

    kind: str = "auto"
    momentum: float | None = None
    epsilon: float = 1e-3

    def __post_init__(self) -> None:
        registry.check("the kinds of normalisation", self.kind, KINDS)

    @property
    def use_bias(self) -> bool:
        """Whether a convolution before it needs a bias of its own."""
        return self.kind == "none"

    def layer(self, name: str | None = None, *, pretrained: bool = False) -> keras.layers.Layer:
        """A new layer that normalises float [B, H, W, C]; `pretrained`: it will be given statistics.

        Raises:
          UserError: statistics are to be given where nothing normalises.
        """
        if self.kind == "none" and pretrained:
            raise errors.UserError(
                "`norm.kind` is none, but the pretrained network has batch normalisation, without which its weights "
                "mean nothing. Expected another kind, or `weights` none."
            )
        if self.kind == "none":
            return keras.layers.Activation("linear", name=name)
        if self.kind == "group" or (self.kind == "frozen" and not pretrained):
            return GroupNormalization(epsilon=self.epsilon, name=name)
        return keras.layers.BatchNormalization(
            momentum=0.99 if self.momentum is None else self.momentum,
            epsilon=self.epsilon,
            synchronized=self.kind == "sync_batch",
            trainable=self.kind != "frozen",
            name=name,
        )


def resolve(norm: Norm, *, per_replica_batch: int, replicas: int, steps: int, pretrained: bool) -> Norm:
    """The normalisation that this run can learn with.

    Batch statistics of few images are noise (a model trained so scores far below itself), so below 8 images on a
    replica the statistics are shared between replicas, kept as pretrained, or replaced by group statistics. The
    moving averages look back over a tenth of the run: the published 0.9997 belongs to runs of 30,000 steps, and in
    a short one never catches up with the weights.
    """
    kind = norm.kind
    images = per_replica_batch * (replicas if kind == "sync_batch" else 1)
    if kind == "auto":
        kind = _automatic(per_replica_batch, replicas, pretrained)
    elif kind in ("batch", "sync_batch") and images < SMALL_BATCH:
        log.warning(
            "Batch normalisation over %d images a replica learns from noise; `group` or `frozen` fits better.",
            per_replica_batch,
        )
    momentum = min(max(1 - 10 / steps, 0.9), 0.9997) if norm.momentum is None else norm.momentum
    return dataclasses.replace(norm, kind=kind, momentum=momentum)


def _automatic(per_replica_batch: int, replicas: int, pretrained: bool) -> str:
    if per_replica_batch >= SMALL_BATCH:
        return "sync_batch" if replicas > 1 else "batch"
    if pretrained:
        kind = "frozen"
    else:
        kind = "sync_batch" if per_replica_batch * replicas >= SMALL_BATCH else "group"
    log.warning("%d images a replica are too few for batch normalisation: using `%s`.", per_replica_batch, kind)
    return kind


@keras.saving.register_keras_serializable(package="segline")
class GroupNormalization(keras.layers.Layer):
    """Group normalisation of float [B, H, W, C] with as many groups as divide C: at most 32, of 4 channels or more.

    With one channel a group, a layer that pools to 1x1 would say nothing but its bias. Half precision is computed in
    float32, and rounded once at the end: rounded statistics would shift every value.
    """

    def __init__(self, epsilon: float = 1e-3, name: str | None = None) -> None:
        super().__init__(name=name)
        self.epsilon = epsilon

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Chooses the groups."""
        channels = input_shape[-1]
        most = max(1, min(32, channels // 4))
        groups = max(divisor for divisor in range(1, most + 1) if channels % divisor == 0)
        dtype = "float32" if self.compute_dtype in ("float16", "bfloat16") else self.compute_dtype
        self.inner = keras.layers.GroupNormalization(groups=groups, epsilon=self.epsilon, dtype=dtype)
        self.inner.build(input_shape)
        self.built = True

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W, C] -> the same shape."""
        return tf.cast(self.inner(features), features.dtype)

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"epsilon": self.epsilon, "name": self.name}
