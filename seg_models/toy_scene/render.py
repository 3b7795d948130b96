"""A scene as a picture with its whole truth: semantic, instance, and every thing's full extent and depth order."""

import dataclasses
import functools

import numpy as np

from seg_models import dataset
from seg_models.toy_scene import background, cars, categories, layer, layout, lens, people, signs, trees

DRAW = {
    categories.CAR: cars.draw,
    categories.PERSON: people.draw,
    categories.SIGN: signs.draw,
    categories.TREE: trees.draw,
}
# Less of a thing cannot be told from noise, so a thing of which less remains is not placed: the smallest visible part
# as a fraction of the square of the frame's shorter side, and of the thing itself.
SMALLEST = 0.004
LEAST_PART = 0.25


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """A rendered scene.

    Attributes:
      image: uint8 [H, W, 3].
      semantic: uint8 [H, W], categories and void.
      instance: uint16 [H, W], 0 = no thing.
      objects: the things, from near to far.
    """

    image: np.ndarray
    semantic: np.ndarray
    instance: np.ndarray
    objects: tuple[dataset.Object, ...]


def picture(rng: np.random.Generator, height: int, width: int) -> Picture:
    """A random scene of that size; all that is random comes from `rng`."""
    scene = layout.sample(rng, height, width)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # planes seen edge-on; outside of every mask
        layers = [DRAW[place.category](place, scene.view, scene.weather, rng) for place in scene.places]
        hood, hood_color = lens.bonnet(scene.view, rng)
        keep = functools.partial(_worthwhile, smallest=SMALLEST * min(height, width) ** 2)
        kept = layer.resolve(layer.near_to_far(layers), hood.copy(), keep)
        color, semantic = background.draw(scene, [one for one, _ in kept], rng)
    instance = np.zeros((height, width), np.uint16)
    objects = []
    for one, visible in kept:
        color[one.rows, one.columns][visible] = one.color[visible]
        semantic[one.rows, one.columns][visible] = one.category
        if one.category in categories.THINGS:
            number = sum(thing.instance > 0 for thing in objects) + 1 if visible.any() else 0
            instance[one.rows, one.columns][visible] = number
            objects.append(dataset.Object(one.category, number, amodal=one.amodal(height, width), depth=len(objects)))
    color[hood], semantic[hood] = hood_color[hood], dataset.VOID
    return Picture(lens.expose(color, rng), semantic, instance, tuple(objects))


def _worthwhile(one: layer.Layer, visible: int, smallest: float) -> bool:
    """Whether a layer stays in the picture: things do when they are seen well, or not at all."""
    if one.category not in categories.THINGS:
        return True
    whole = int(one.mask.sum())
    return whole >= smallest if visible == 0 else visible >= max(smallest, LEAST_PART * whole)
