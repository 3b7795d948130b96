"""The maps of full ADE20K: class number = R // 10 * 256 + G, and in B instances over 1..255 in drawing order."""

from typing import NamedTuple

import numpy as np


class Channels(NamedTuple):
    """What an RGB map says, each int32 [H, W].

    Attributes:
      number: of the class, 0 = none.
      instance: B as it is; later objects, which hide those before, have higher values.
      rest: R % 10, which means nothing and is 0 in the published files.
    """

    number: np.ndarray
    instance: np.ndarray
    rest: np.ndarray


def split(colors: np.ndarray) -> Channels:
    """The channels of r * 65536 + g * 256 + b, int32 [H, W]."""
    red = colors >> 16
    tens = red // 10
    return Channels(tens * 256 + (colors >> 8 & 255), colors & 255, red - tens * 10)


def join(channels: Channels) -> np.ndarray:
    """r * 65536 + g * 256 + b, int32 [H, W], of which `split` gave the channels."""
    number, instance, rest = (np.asarray(channel, np.int32) for channel in channels)
    return (number // 256 * 10 + rest) << 16 | (number & 255) << 8 | instance
