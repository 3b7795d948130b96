"""Weights of the classes in the loss, from how often they occur."""

import numpy as np

from seg_models import manifest, registry

KINDS = ("none", "median_frequency")


def weights(kind: str, split: manifest.SplitManifest) -> tuple[float, ...]:
    """One weight a train id.

    "median_frequency" (SegNet, section 4): median(f) / f_c, where f_c is the class's pixels over all pixels of the
    images in which it occurs. A class that never occurs costs nothing whatever its weight; it gets 1.
    """
    registry.check("`train.class_weights`", kind, KINDS)
    pixels = np.array(split.class_pixels, np.float64)
    if kind == "none":
        return (1.0,) * len(pixels)
    occurs = pixels > 0
    frequency = pixels[occurs] / np.array(split.class_image_pixels, np.float64)[occurs]
    weighted = np.ones_like(pixels)
    weighted[occurs] = np.median(frequency) / frequency
    return tuple(weighted.tolist())
