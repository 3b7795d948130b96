"""The channels of full ADE20K's maps."""

import numpy as np

from seg_models.raw import ade20k_channels


def test_channels_are_split_and_joined() -> None:
    # Person, 1831 = 7 * 256 + 39, in a published file and in one whose red is no multiple of 10.
    colors = np.array([[70 << 16 | 39 << 8 | 250, 71 << 16 | 39 << 8 | 1, 0, 0xFFFFFF]], np.int32)
    channels = ade20k_channels.split(colors)
    assert channels.number.tolist() == [[1831, 1831, 0, 25 * 256 + 255]]
    assert channels.instance.tolist() == [[250, 1, 0, 255]]
    assert channels.rest.tolist() == [[0, 1, 0, 5]]
    np.testing.assert_array_equal(ade20k_channels.join(channels), colors)
