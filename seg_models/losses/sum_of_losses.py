"""A weighted sum of losses, such as cross-entropy and Dice (Isensee et al.: nnU-Net, 2018)."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, registry
from seg_models.losses import cross_entropy, dice


@dataclasses.dataclass(frozen=True)
class Config:
    """What is added; the default is nnU-Net's.

    Attributes:
      terms: Configs of seg_models.losses; the same loss may come twice.
      weights: what each is multiplied by.
    """

    terms: tuple[Any, ...] = settings.part(
        "seg_models.losses", default=(cross_entropy.Config(), dice.Config(squared=False))
    )
    weights: tuple[float, ...] = (1.0, 1.0)

    def __post_init__(self) -> None:
        if not self.terms or len(self.terms) != len(self.weights):
            raise errors.UserError(
                f"`terms` are {len(self.terms)}, `weights` {len(self.weights)}; expected as many, and one at least."
            )


def prepares(config: Any) -> bool:
    """Whether a loss, given by its Config, needs prepared maps: a sum does where any of its terms does."""
    if isinstance(config, Config):
        return any(prepares(term) for term in config.terms)
    return hasattr(registry.module_of(config), "prepare")


def skips_classes(config: Any) -> bool:
    """Whether a loss, given by its Config, leaves classes out; `skip_classes` may be that of a part of the Config."""
    if isinstance(config, tuple):
        return any(map(skips_classes, config))
    if not dataclasses.is_dataclass(config):
        return False
    fields = vars(config)
    return bool(fields.get("skip_classes")) or any(map(skips_classes, fields.values()))


def prepare(config: Config, info: dataset.DatasetInfo, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """What the terms prepare, float or int [B, ...]; the names say of which term, so that two of a kind keep apart."""
    prepared = {}
    for index, term in enumerate(config.terms):
        module = registry.module_of(term)
        if hasattr(module, "prepare"):
            prepared |= {f"{_prefix(index)}{name}": value for name, value in module.prepare(term, info, batch).items()}
    return prepared


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the sum; logits float [B, H, W, C], weight float [B, H, W].

    `truth` also holds what `prepare` gives.
    """
    total = []
    for index, (term, factor) in enumerate(zip(config.terms, config.weights, strict=True)):
        prefix = _prefix(index)
        own = {name.removeprefix(prefix): value for name, value in truth.items() if name.startswith(prefix)}
        total.append(factor * registry.module_of(term).loss(term, info, {**truth, **own}, logits, weight))
    return tf.add_n(total)


def _prefix(index: int) -> str:
    return f"term_{index}/"
