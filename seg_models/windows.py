"""Sliding windows over images of any size, in memory that does not grow with them.

Windows go from left to right and from top to bottom; where the next window does not reach, the sums of probabilities
are final, become classes and are forgotten. What is held is one row of windows, and of a wide image only a panel of it:
never scores of the whole image. Windows that two panels need are computed for both.
"""

import dataclasses

import tensorflow as tf

from seg_models import inference, model, views
from seg_models.layers import mirror_padding


@dataclasses.dataclass(frozen=True)
class _Axis:
    """Windows along one axis of the image.

    Attributes:
      length: int32 scalar, pixels of the image.
      starts: int32 [n]: the first pixel of the used part of each window; the last one ends with the image.
      used: pixels of a window without its margin.
    """

    length: tf.Tensor
    starts: tf.Tensor
    used: int

    def step(self, index: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
        """Pixels from window `index` on that no later window up to `last` reaches, int32 scalar."""
        following = self.starts[tf.minimum(index + 1, tf.size(self.starts) - 1)]
        return tf.where(index < last, following - self.starts[index], self.used)


def semantic(network: model.SegmentationModel, image: tf.Tensor, settings: inference.Inference) -> tf.Tensor:
    """The best class of every pixel: uint8 or float 0..255 [B, H, W, 3] -> int32 [B, H, W].

    Beside image and result it holds at most about 3 * settings.memory_mb, and what the model needs for one window.
    """
    height, width = tf.shape(image)[1], tf.shape(image)[2]
    rows = _axis(height, settings.used[0], settings.steps[0])
    columns = _axis(width, settings.used[1], settings.steps[1])
    # Columns of float32 sums that fit; of Python integers, for bytes do not fit int32.
    columns_of_one = settings.memory_mb * 2**20 // (4 * network.info.num_categories * settings.used[0])
    panel = tf.maximum(min(columns_of_one, 2**31 - 1) // tf.shape(image)[0], settings.used[1])
    dtype = tf.uint8 if network.info.num_categories <= 256 else tf.uint16

    def body(left: tf.Tensor, panels: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        right = tf.minimum(left + panel, width)
        found = _panel(network, image, settings, rows, columns, (left, right))
        return right, panels.write(panels.size(), tf.cast(tf.transpose(found, [1, 2, 0]), dtype))

    panels = tf.TensorArray(dtype, 0, dynamic_size=True, infer_shape=False, element_shape=[None, None, None])
    _, panels = tf.while_loop(lambda left, _: left < width, body, (0, panels), parallel_iterations=1)
    return tf.cast(tf.transpose(panels.concat(), [1, 2, 0]), tf.int32)


def _axis(length: tf.Tensor, used: int, step: int) -> _Axis:
    last = tf.maximum(length - used, 0)
    count = -(-last // step) + 1
    return _Axis(length, tf.minimum(tf.range(count) * step, last), used)


def _panel(
    network: model.SegmentationModel,
    image: tf.Tensor,
    settings: inference.Inference,
    rows: _Axis,
    columns: _Axis,
    borders: tuple[tf.Tensor, tf.Tensor],
) -> tf.Tensor:
    """The best classes of the columns from borders[0] to borders[1]: integer [H, W', B]."""
    left, right = borders
    last_row = tf.size(rows.starts) - 1
    classes, batch = network.info.num_categories, tf.shape(image)[0]
    sums = tf.zeros(tf.stack([right - left, batch, rows.used, classes]))

    def body(index: tf.Tensor, sums: tf.Tensor, done: tf.TensorArray) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
        sums += _row(network, image, settings, rows.starts[index], columns, borders)
        step = rows.step(index, last_row)
        best = tf.argmax(sums[:, :, :step], axis=-1, output_type=tf.int32)
        sums = tf.pad(sums[:, :, step:], [[0, 0], [0, 0], [0, step], [0, 0]])
        return index + 1, sums, done.write(index, tf.transpose(best, [2, 0, 1]))

    done = tf.TensorArray(
        tf.int32, tf.size(rows.starts), infer_shape=False, element_shape=[None, None, None], clear_after_read=True
    )
    shapes = (tf.TensorShape([]), tf.TensorShape([None, None, None, classes]), tf.TensorShape(None))
    loop = tf.while_loop(
        lambda index, *_: index <= last_row, body, (0, sums, done), shape_invariants=shapes, parallel_iterations=1
    )
    return loop[2].concat()[: rows.length]


def _row(
    network: model.SegmentationModel,
    image: tf.Tensor,
    settings: inference.Inference,
    top: tf.Tensor,
    columns: _Axis,
    borders: tuple[tf.Tensor, tf.Tensor],
) -> tf.Tensor:
    """The summed probabilities of one row of windows between the borders: float32 [W', B, used height, C]."""
    left, right = borders
    first = tf.reduce_sum(tf.cast(columns.starts + columns.used <= left, tf.int32))
    last = tf.reduce_sum(tf.cast(columns.starts < right, tf.int32)) - 1
    classes, batch = network.info.num_categories, tf.shape(image)[0]
    sums = tf.zeros(tf.stack([columns.used, batch, settings.used[0], classes]))

    def body(index: tf.Tensor, sums: tf.Tensor, done: tf.TensorArray) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
        found = _window(network, image, settings, top, columns.starts[index])
        sums += tf.transpose(found, [2, 0, 1, 3])
        step = columns.step(index, last)
        done = done.write(index - first, sums[:step])
        return index + 1, tf.pad(sums[step:], [[0, step], [0, 0], [0, 0], [0, 0]]), done

    done = tf.TensorArray(
        tf.float32, last - first + 1, infer_shape=False, element_shape=[None, None, settings.used[0], classes]
    )
    shapes = (tf.TensorShape([]), tf.TensorShape([None, None, None, classes]), tf.TensorShape(None))
    loop = tf.while_loop(
        lambda index, *_: index <= last, body, (first, sums, done), shape_invariants=shapes, parallel_iterations=1
    )
    start = left - columns.starts[first]
    return loop[2].concat()[start : start + right - left]


def _window(
    network: model.SegmentationModel,
    image: tf.Tensor,
    settings: inference.Inference,
    top: tf.Tensor,
    left: tf.Tensor,
) -> tf.Tensor:
    """The probabilities of one window's used part, float32 [B, *settings.used, C]."""
    margin = settings.margin
    for axis, start, length in ((1, top, settings.window[0]), (2, left, settings.window[1])):
        image = tf.gather(image, mirror_padding.mirrored(start - margin + tf.range(length), tf.shape(image)[axis]), axis=axis)
    found = views.probabilities(network, tf.cast(image, tf.float32), settings, tf.constant(settings.window))
    return found[:, margin : margin + settings.used[0], margin : margin + settings.used[1]]
