"""Weights of the classes in the loss, from how often they occur."""

import numpy as np

from seg_models import errors, manifest, registry

KINDS = (
    "none",
    "median_frequency",
    "inverse_frequency",
    "root_inverse_frequency",
    "inverse_log_frequency",
    "effective_number",
)
DEFAULT_BETA = 0.9999


def weights(kind: str, split: manifest.SplitManifest) -> tuple[float, ...]:
    """One weight a train id. With f_c, the class's share of the known pixels:

    "none": 1.
    "median_frequency" (SegNet, section 4): median(g) / g_c, where g_c is the class's pixels over all pixels of the
      images in which it occurs.
    "inverse_frequency": proportional to 1 / f_c.
    "root_inverse_frequency" (Wong et al., 2018): proportional to 1 / sqrt(f_c).
    "inverse_log_frequency" (ENet; Paszke et al., 2016): 1 / log(1.02 + f_c), so between 1.4 and 50.
    "effective_number" (Cui et al., 2019): proportional to (1 - beta) / (1 - beta^n_c), where n_c are the
      class's pixels. "effective_number:BETA" says which beta. Pixels are many: classes of many times 1 / (1 - beta)
      pixels, 10000 with the paper's 0.9999, weigh all the same. A class of few has 1 / n_c, as in "inverse_frequency".

    Those that are proportional have the mean 1 over the classes. A class that never occurs costs nothing whatever its
    weight; it gets 1, and is in no mean.
    """
    name, colon, rest = kind.partition(":")
    registry.check("`train.class_weights`", name, KINDS)
    if colon and name != "effective_number":
        raise errors.UserError(f"`train.class_weights` is `{kind}`; nothing is told `{name}` after a `:`.")
    beta = _beta(rest) if colon else DEFAULT_BETA
    pixels = np.array(split.class_pixels, np.float64)
    occurs = pixels > 0
    weighted = np.ones_like(pixels)
    if occurs.any():
        image_pixels = np.array(split.class_image_pixels, np.float64)[occurs]
        weighted[occurs] = _of_occurring(name, pixels[occurs], image_pixels, beta)
    return tuple(weighted.tolist())


def _of_occurring(kind: str, pixels: np.ndarray, image_pixels: np.ndarray, beta: float) -> np.ndarray:
    """Float64 [N] from the pixels of N classes, and of the images that show them."""
    frequency = pixels / pixels.sum()
    if kind == "none":
        return np.ones_like(pixels)
    if kind == "median_frequency":
        return np.median(pixels / image_pixels) / (pixels / image_pixels)
    if kind == "inverse_log_frequency":
        return 1 / np.log(1.02 + frequency)
    if kind == "effective_number":
        # 1 - beta^n, exact also where beta^n is nearly 1.
        weighted = 1 / -np.expm1(pixels * np.log(beta))
    else:
        weighted = frequency ** (-0.5 if kind == "root_inverse_frequency" else -1.0)
    return weighted / weighted.mean()


def _beta(text: str) -> float:
    try:
        beta = float(text)
    except ValueError:
        beta = float("nan")
    if not 0 < beta < 1:
        raise errors.UserError(
            f"`train.class_weights` has the beta `{text}`; expected a number between 0 and 1, such as "
            f"effective_number:{DEFAULT_BETA}."
        )
    return beta
