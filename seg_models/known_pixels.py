"""What is known of each pixel of a loss: truth, probabilities and weight, without void; in float32 at least."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, reduction

# Below this a base counts as 0: powers less than 1 have infinite slopes there.
SMALLEST = 1e-12


@dataclasses.dataclass(frozen=True)
class Known:
    """The pixels of a batch, B x H x W. All floats are of one type: float64 where the logits were, else float32.

    Attributes:
      info: whose classes they are of.
      semantic: int32 [B, H, W], train ids; 0 where nothing is known.
      one_hot: float [B, H, W, C]; zeros where nothing is known.
      logits: float [B, H, W, C]; 0, so without a gradient, where nothing is known.
      weight: float [B, H, W]; 0 where nothing is known.
    """

    info: dataset.DatasetInfo
    semantic: tf.Tensor
    one_hot: tf.Tensor
    logits: tf.Tensor
    weight: tf.Tensor

    @property
    def mask(self) -> tf.Tensor:
        """Bool [B, H, W]: what is known."""
        return self.weight > 0

    @property
    def probabilities(self) -> tf.Tensor:
        """Float [B, H, W, C]: softmax of the logits."""
        return tf.nn.softmax(self.logits)

    @property
    def cross_entropy(self) -> tf.Tensor:
        """Float [B, H, W]: -log of the true class's probability."""
        return tf.nn.sparse_softmax_cross_entropy_with_logits(self.semantic, self.logits)

    @property
    def one_against_rest(self) -> tuple[tf.Tensor, tf.Tensor]:
        """(-log p, -log(1 - p)): float [B, H, W, C] each, of the probability p of every class."""
        return -tf.nn.log_softmax(self.logits), -_log_complement(self.logits)


def of(info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor) -> Known:
    """The known pixels of what a loss is given.

    Args:
      info: says which value is void, and how many classes there are.
      truth: a batch; "semantic" is int32 [B, H, W] train ids.
      logits: float [B, H, W, C]; those of unknown pixels may be anything.
      weight: float [B, H, W], such as class weights; 0 leaves a pixel out.
    """
    logits = reduction.wide(logits)
    known = (truth["semantic"] != info.void) & (weight > 0)
    semantic = tf.where(known, truth["semantic"], 0)
    return Known(
        info=info,
        semantic=semantic,
        one_hot=tf.where(known[..., None], tf.one_hot(semantic, info.num_categories, dtype=logits.dtype), 0.0),
        logits=tf.where(known[..., None], logits, 0.0),
        weight=tf.where(known, tf.cast(weight, logits.dtype), 0.0),
    )


def power(base: tf.Tensor, exponent: float) -> tf.Tensor:
    """base^exponent of float base >= 0, any shape; 0 with gradient 0 at 0, whatever the exponent above 0."""
    positive = base > SMALLEST
    return tf.where(positive, tf.where(positive, base, 1.0) ** exponent, 0.0)


def _log_complement(logits: tf.Tensor) -> tf.Tensor:
    """log(1 - softmax(logits)), float [..., C], exact to the last digits also where a probability is nearly 1.

    Only the largest can be nearly 1; the others, at most 1/2, lose nothing in 1 - p. Of the largest, 1 - p is the
    sum over the other classes.
    """
    largest = tf.one_hot(tf.argmax(logits, axis=-1), tf.shape(logits)[-1], dtype=logits.dtype) > 0
    others = tf.where(~largest, logits, logits.dtype.min)
    rest = tf.reduce_logsumexp(others, axis=-1, keepdims=True) - tf.reduce_logsumexp(logits, axis=-1, keepdims=True)
    small = tf.where(~largest, tf.nn.softmax(logits), 0.0)
    return tf.where(largest, rest, tf.math.log1p(-small))
