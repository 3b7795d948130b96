"""Weights that training starts from: those of an exported model, where paths and shapes agree."""

import dataclasses
import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import tensorflow as tf

from seg_models import config, errors, export, model, versions, weight_paths

log = logging.getLogger("segline")

SHOWN = 6  # of the weights that are not taken, in the log
MEAN = "/moving_mean"  # ends the path of a statistic that batch normalisation alone has


def read(directory: str) -> dict[str, np.ndarray]:
    """Path -> value, of the float weights of an exported model.

    Args:
      directory: of the model, or of its versions, of which the newest is read.

    Raises:
      UserError: there is no such model, or it does not name its weights.
    """
    directory = versions.newest(directory)
    paths = export.read_card(directory).weights
    if not paths:
        raise errors.UserError(f"{directory}: this model does not name its weights. Export it again.")
    reader = tf.train.load_checkpoint(os.path.join(directory, "variables", "variables"))
    values = (reader.get_tensor(export.VARIABLE.format(index)) for index in range(len(paths)))
    return {path: value for path, value in zip(paths, values) if np.issubdtype(value.dtype, np.floating)}


def give(network: model.SegmentationModel, values: Mapping[str, np.ndarray], source: str) -> None:
    """Gives the weights of `network` the values of the same path and shape; the others stay as they are.

    Raises:
      UserError: none fits, or the network normalises by groups what the values have statistics of batches for.
    """
    weights = {path: weight for path, weight in weight_paths.named(network).items() if weight.dtype.is_floating}
    fitting = [path for path, weight in weights.items() if path in values and values[path].shape == weight.shape]
    if not fitting:
        raise errors.UserError(
            f"`train.start_from`: none of the {len(weights)} weights ({next(iter(weights))} ...) is in {source} with "
            f"the same path and shape; it has {', '.join(list(values)[:SHOWN])} ..."
        )
    _check_normalisation(weights, values, source)
    for path in fitting:
        weights[path].assign(values[path])
    left = [path for path in weights if path not in set(fitting)]
    log.info("%d of %d weights start from %s.%s", len(fitting), len(weights), source, _listed(left))


def fingerprints(settings: Iterable[config.Training]) -> str:
    """What tells all weights that these trainings start from from others; "" where all of them start from none.

    These are the exported models of `train.start_from`, and the local files that `weights` of models and backbones
    name: their paths are in the settings, but what lies there may change.

    Raises:
      UserError: as `read`.
    """
    settings = list(settings)
    models = dict.fromkeys(each.train.start_from for each in settings if each.train.start_from is not None)
    files = dict.fromkeys(path for each in settings for path in _files(each.model))
    return " ".join([*map(fingerprint, models), *map(_hash_of_file, files)])


def fingerprint(directory: str) -> str:
    """What tells the weights of an exported model from others: a hash of them all.

    Raises:
      UserError: as `read`.
    """
    digest = hashlib.sha256()
    for path, value in read(directory).items():
        digest.update(f"{path} {value.shape} {value.dtype}\n".encode())
        digest.update(np.ascontiguousarray(value))
    return digest.hexdigest()[:16]


def _files(settings: object) -> Iterator[str]:
    """The local files that fields called `weights` name, in a Config and in those inside it."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            yield from _files(value)
        elif field.name == "weights" and isinstance(value, str) and os.path.isfile(value):
            yield value


def _hash_of_file(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()[:16]


def _check_normalisation(weights: Mapping[str, tf.Variable], values: Mapping[str, np.ndarray], source: str) -> None:
    """Raises UserError where layers have group normalisation in place of the source's batch normalisation.

    Weights that were learnt behind the one are wrong behind the other. Layers that the network does not have at all
    are no mistake: its head may be another one.
    """
    lost = [
        path
        for path, value in values.items()
        if path.endswith(MEAN) and path not in weights and _has_groups(weights, path.removesuffix(MEAN), value.shape)
    ]
    if lost:
        raise errors.UserError(
            f"`train.start_from`: {source} has batch normalisation where this model has group normalisation, in "
            f"{len(lost)} layers ({lost[0].removesuffix(MEAN)} ...); its weights would be worth little. Set "
            "`model.norm.kind` to `batch`, and where a batch has few images keep the statistics as they are: "
            "--model.norm.kind batch --train.learning_rate_factors '*/gamma=0,*/beta=0'."
        )


def _has_groups(weights: Mapping[str, tf.Variable], layer: str, shape: tuple[int, ...]) -> bool:
    """Whether the layer, of that name or numbered alike, is there with factors for as many channels."""
    names = (f"{layer}/", layer.replace("/batch_normalization", "/group_normalization") + "/")
    return any(path.startswith(names) and path.endswith("/gamma") and weights[path].shape == shape for path in weights)


def _listed(left: list[str]) -> str:
    if not left:
        return ""
    more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    return f" New: {', '.join(left[:SHOWN])}{more}."
