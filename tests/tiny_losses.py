"""Every loss of semantic maps, with the settings that change its form, and a batch to try it on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from seg_models import dataset, registry, soft_counts
from seg_models.losses import balanced_cross_entropy, boundary, cross_entropy, dice, exponential_logarithmic, focal
from seg_models.losses import focal_tversky, generalised_dice, hausdorff, jaccard, log_cosh_dice, lovasz_softmax
from seg_models.losses import sensitivity_specificity, structural_similarity, sum_of_losses, tversky

PACKAGE = "seg_models.losses"
# These compare maps of numbers: their truth is no batch.
OF_NUMBERS = {"mean_absolute_error", "mean_squared_error"}
NAMES = [name for name in registry.available(PACKAGE) if name not in OF_NUMBERS]
INFO = dataset.DatasetInfo("four", tuple(dataset.Category(name, (0, 0, 0)) for name in "abcd"), ())

IMAGES = soft_counts.Scope(per_image=True)
PRESENT = soft_counts.Scope(per_image=True, only_present=True, skip_classes=(0,))
BATCH = soft_counts.Scope(only_present=True)
# Beside the defaults of all.
VARIANTS = {
    "cross_entropy hardest": cross_entropy.Config(hardest_fraction=0.4),
    "cross_entropy smooth": cross_entropy.Config(label_smoothing=0.1),
    "cross_entropy hard": cross_entropy.Config(easy_probability=0.5, min_kept=12),
    "balanced_cross_entropy batch": balanced_cross_entropy.Config(BATCH),
    "focal alpha": focal.Config(0.5, (0.1, 0.2, 0.3, 0.4)),
    "dice plain": dice.Config(squared=False, smoothing=0.0, scope=PRESENT),
    "dice images": dice.Config(scope=IMAGES),
    "generalised_dice images": generalised_dice.Config(scope=PRESENT),
    "jaccard images": jaccard.Config(scope=PRESENT),
    "tversky images": tversky.Config(scope=PRESENT),
    "focal_tversky images": focal_tversky.Config(0.75, tversky.Config(scope=IMAGES)),
    "log_cosh_dice images": log_cosh_dice.Config(scope=PRESENT),
    "sensitivity_specificity images": sensitivity_specificity.Config(0.5, PRESENT),
    "exponential_logarithmic images": exponential_logarithmic.Config(scope=PRESENT),
    "lovasz_softmax images": lovasz_softmax.Config(PRESENT),
    "lovasz_softmax all": lovasz_softmax.Config(soft_counts.Scope()),
    "boundary foreground": boundary.Config((0,)),
    "hausdorff foreground": hausdorff.Config(1.0, (0,)),
    "structural_similarity wide": structural_similarity.Config(share=1.0, threshold=0.0, window=5),
    "sum_of_losses distances": sum_of_losses.Config(
        (boundary.Config(), boundary.Config((0, 1)), hausdorff.Config(), lovasz_softmax.Config()), (1.0, 2.0, 0.1, 1.0)
    ),
}
CONFIGS = {**{name: registry.find(PACKAGE, name).Config() for name in NAMES}, **VARIANTS}


def batch(seed: int = 0, count: int = 2, size: tuple[int, int] = (9, 7)) -> dict[str, tf.Tensor]:
    """"semantic" and "instance", int32 [count, *size]: blocks of all classes but the last, and void at random."""
    random = np.random.default_rng(seed)
    rows, columns = -(-size[0] // 3), -(-size[1] // 3)
    classes = random.integers(0, INFO.num_categories - 1, (count, rows, columns))
    semantic = classes.repeat(3, axis=1).repeat(3, axis=2)[:, : size[0], : size[1]].astype(np.int32)
    instance = np.where(semantic > 0, semantic, 0)
    semantic[random.random(semantic.shape) < 0.2] = INFO.void
    return {"semantic": tf.constant(semantic), "instance": tf.constant(instance, tf.int32)}


def logits(seed: int = 0, count: int = 2, size: tuple[int, int] = (9, 7)) -> tf.Tensor:
    """Normal float64 [count, *size, C]."""
    random = np.random.default_rng(seed + 100)
    return tf.constant(random.normal(0, 1.5, (count, *size, INFO.num_categories)))


def weight(seed: int = 0, count: int = 2, size: tuple[int, int] = (9, 7)) -> tf.Tensor:
    """Float32 [count, *size], as class weights are: not 0, and not 0 on void either."""
    return tf.constant(np.random.default_rng(seed + 200).uniform(0.5, 2, (count, *size)), tf.float32)


def prepared(config: Any, truth: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """The batch, with what the loss computes from it in the input pipeline."""
    module = registry.module_of(config)
    return {**truth, **(module.prepare(config, INFO, truth) if hasattr(module, "prepare") else {})}


def cost(config: Any, truth: Mapping[str, tf.Tensor], scores: tf.Tensor, factors: tf.Tensor) -> tf.Tensor:
    """The loss of a batch that is prepared already."""
    return registry.module_of(config).loss(config, INFO, truth, scores, factors)


def cost_and_gradient(
    config: Any, truth: Mapping[str, tf.Tensor], scores: tf.Tensor, factors: tf.Tensor
) -> tuple[tf.Tensor, np.ndarray]:
    """The loss of a batch that is prepared already, and its gradient with respect to the scores."""
    with tf.GradientTape() as tape:
        tape.watch(scores)
        found = cost(config, truth, scores, factors)
    return found, tape.gradient(found, scores).numpy()
