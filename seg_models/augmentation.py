"""Runs the augmentations of an experiment in their order, and joins those that need not be done one by one.

A module of seg_models/augment has a `Config` and one of
    apply(config, example, *, seed, info) -> example        of one image
    apply_batch(config, batch, *, seeds, info) -> batch     of images that are mixed with each other; runs last
As long as nothing but the size has changed, nothing is resized: `scaled(config, size, *, seed)` says what becomes of
the size, and `place(config, size, *, seed, info, semantic)` where a window lies. Then only the window is made, in one
step and, of a JPEG, decoded; so an image that is resized, scaled and cropped is interpolated once.
"""

import dataclasses
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import tensorflow as tf

from seg_models import dataset, decoding, errors, registry, resize

Batch = dict[str, tf.Tensor]
SEEDS = "seeds"  # int32 [2] of each image, as long as a batch still has to be mixed


@dataclasses.dataclass(frozen=True)
class Augmentations:
    """(place in the experiment, module, settings) of all augmentations.

    Attributes:
      single: those of one image, first.
      mixing: those of a batch, last.
    """

    single: tuple[tuple[int, ModuleType, Any], ...]
    mixing: tuple[tuple[int, ModuleType, Any], ...]


def find(augment: Sequence[Any], batch_size: int) -> Augmentations:
    """The modules of the given Configs.

    Raises:
      UserError: one that mixes images is not last, or has nothing to mix.
    """
    found = [(index, registry.module_of(settings), settings) for index, settings in enumerate(augment)]
    single = tuple(each for each in found if hasattr(each[1], "apply"))
    mixing = tuple(each for each in found if not hasattr(each[1], "apply"))
    if mixing and (mixing[0][0] < len(single) or batch_size < 2):
        name = mixing[0][1].__name__.rpartition(".")[2]
        if batch_size < 2:
            raise errors.UserError(
                f"`input.augment`: `{name}` mixes the images of a batch; expected two or more in a batch, got "
                f"{batch_size}: raise `input.batch_size`."
            )
        raise errors.UserError(
            f"`input.augment`: `{name}` mixes the images of a batch, once they have one size; expected it after all "
            "augmentations of single images."
        )
    return Augmentations(single, mixing)


def example(
    source: decoding.Source,
    size: tuple[int, int] | None,
    augmentations: Augmentations,
    *,
    seeds: tf.Tensor,
    info: dataset.DatasetInfo,
) -> Batch:
    """One example at the working size (None: its own), augmented; `seeds`, int32 [2], are its own."""
    result = None
    for index, module, settings in augmentations.single:
        seed = tf.random.experimental.stateless_fold_in(seeds, index)
        if result is None and hasattr(module, "scaled"):
            size = module.scaled(settings, source.size if size is None else tf.convert_to_tensor(size), seed=seed)
        elif result is None and hasattr(module, "place"):
            result = _window(source, source.size if size is None else size, module, settings, seed=seed, info=info)
        else:
            result = source.whole(size) if result is None else result
            result = module.apply(settings, result, seed=seed, info=info)
    result = source.whole(size) if result is None else result
    return {**result, SEEDS: seeds} if augmentations.mixing else result


def mixed(batch: Batch, augmentations: Augmentations, info: dataset.DatasetInfo) -> Batch:
    """A batch, its images mixed with each other."""
    batch = dict(batch)
    seeds = batch.pop(SEEDS)
    for index, module, settings in augmentations.mixing:
        own = tf.map_fn(lambda seed: tf.random.experimental.stateless_fold_in(seed, index), seeds)
        batch = module.apply_batch(settings, batch, seeds=own, info=info)
    return batch


def _window(
    source: decoding.Source,
    size: tuple[int, int] | tf.Tensor,
    module: ModuleType,
    settings: Any,
    *,
    seed: tf.Tensor,
    info: dataset.DatasetInfo,
) -> Batch:
    """What a window shows of an example that were resized."""
    size, extent = tf.convert_to_tensor(size), (settings.height, settings.width)

    def window(offset: tf.Tensor) -> resize.Window:
        return resize.window(source.size, size, offset, extent)

    offset = module.place(
        settings, size, seed=seed, info=info, semantic=lambda offset: source.semantic(window(offset), info)
    )
    return source.seen(window(offset), info)
