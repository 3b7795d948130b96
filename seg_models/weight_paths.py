"""The paths of a model's weights, such as backbone/block1_conv1/kernel: the same in every process."""

import difflib
import fnmatch
import re
from collections.abc import Iterable, Iterator

import keras
import tensorflow as tf

from seg_models import model

BACKBONE, HEAD = "backbone", "head"


def named(network: model.SegmentationModel) -> dict[str, tf.Variable]:
    """Path -> weight, in the order of `network.network.variables`.

    A path is backbone/ or head/, the layer's name, the weight's name. Keras numbers layers without a name by what the
    process has built before; here they are numbered in their order in the model, backbone and head apart.
    """
    paths: dict[int, str] = {}
    used: set[str] = set()
    for layer in layers(network.network):
        weights = [weight for weight in layer.weights if id(weight) not in paths]
        if not weights:
            continue
        part = BACKBONE if any(id(weight) in network.backbone_weights for weight in weights) else HEAD
        prefix = _unused(f"{part}/{_stem(layer)}", used)
        for weight, inner in zip(weights, _inner_paths(layer, weights)):
            paths[id(weight)] = _unused(f"{prefix}/{inner}", used)
    return {paths[id(weight)]: weight for weight in network.network.variables}


def layers(network: keras.Model) -> Iterator[keras.layers.Layer]:
    """The layers of a functional model; of models inside it, their layers."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from layers(layer)
        else:
            yield layer


def matching(pattern: str, paths: Iterable[str]) -> list[str]:
    """The paths that a pattern such as `backbone/*` or `*/bias` fits; `*` stands for any text, slashes too."""
    return [path for path in paths if fnmatch.fnmatchcase(path, pattern)]


def nearest(pattern: str, paths: Iterable[str]) -> list[str]:
    """A few paths for people to choose from."""
    paths = list(paths)
    return difflib.get_close_matches(pattern, paths, n=3, cutoff=0.4) or [paths[0], paths[-1]]


def _stem(layer: keras.layers.Layer) -> str:
    """The layer's name, without the number that Keras adds to the class's name where a layer was given none."""
    stem = re.sub(r"_\d+$", "", layer.name)
    automatic = stem.replace("_", "") == type(layer).__name__.lower()
    return stem if automatic else layer.name


def _inner_paths(layer: keras.layers.Layer, weights: list[tf.Variable]) -> Iterator[str]:
    """The weights' names within their layer; layers inside it, numbered by Keras, are numbered anew."""
    renumbered: dict[tuple[str, ...], str] = {}
    used: set[str] = set()
    for weight in weights:
        *scopes, name = weight.name.partition(":")[0].split("/")
        if layer.name in scopes:
            scopes = scopes[scopes.index(layer.name) + 1 :]
        scope = tuple(scopes)
        if scope not in renumbered:
            renumbered[scope] = _unused("/".join(re.sub(r"_\d+$", "", each) for each in scope), used) if scope else ""
        yield f"{renumbered[scope]}/{name}".lstrip("/")


def _unused(name: str, used: set[str]) -> str:
    """`name`, or where it is taken `name_1`, `name_2` and so on; takes it."""
    free, number = name, 0
    while free in used:
        number += 1
        free = f"{name}_{number}"
    used.add(free)
    return free
