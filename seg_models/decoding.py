"""A record in the graph: its annotations are decoded, its image where that cannot wait until one knows what is seen."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from seg_models import dataset, record_objects, records, resize
from seg_models.augment import crop

TEXT = tf.io.FixedLenFeature([], tf.string, default_value="")
INTEGERS = tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True)
FEATURES = {
    records.IMAGE: tf.io.FixedLenFeature([], tf.string),
    records.KEY: TEXT,
    records.SEMANTIC: TEXT,
    records.INSTANCE: TEXT,
    records.INSTANCE_MASK: TEXT,
    record_objects.LABEL: INTEGERS,
    record_objects.INSTANCE: INTEGERS,
    record_objects.CROWD: INTEGERS,
}


@dataclasses.dataclass(frozen=True)
class Source:
    """One record, its pixels not yet resized and in the few bytes that they come in.

    Attributes:
      size: int32 [2], (height, width) of the image.
      encoded: the image's bytes.
      is_jpeg: of such an image any part can be decoded by itself.
      pixels: uint8 [H, W, 3]; empty where it is a JPEG.
      maps: "semantic" and "instance", uint8 or uint16 [H, W]; void or 0 where nothing is annotated.
      others: what of an example is not spatial.
    """

    size: tf.Tensor
    encoded: tf.Tensor
    is_jpeg: tf.Tensor
    pixels: tf.Tensor
    maps: dict[str, tf.Tensor]
    others: dict[str, tf.Tensor]

    def whole(self, size: tuple[int, int] | tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """The example as in a batch but without the first axis, resized to `size`; None: at its own."""
        example = {**self.others, **self.maps, "image": self._image(tf.zeros([2], tf.int32), self.size)}
        if size is not None:
            return resize.example(example, size)
        types = {"image": tf.float32, "semantic": tf.int32, "instance": tf.int32}
        return {**example, **{name: tf.cast(example[name], dtype) for name, dtype in types.items()}}

    def seen(self, window: resize.Window, info: dataset.DatasetInfo) -> dict[str, tf.Tensor]:
        """What of the example is seen in a window, of its static size, grey and void outside."""
        part = {name: resize.cut(values, window) for name, values in self.maps.items()}
        part = resize.example({**part, "image": self._image(window.start, window.extent)}, window.seen)
        fills = {"image": crop.GREY, "semantic": info.void, "instance": 0}
        return {**self.others, **{name: resize.framed(part[name], window, fill) for name, fill in fills.items()}}

    def semantic(self, window: resize.Window, info: dataset.DatasetInfo) -> tf.Tensor:
        """Int32 [*window.size], `semantic` as `seen` has it."""
        ids = resize.nearest(resize.cut(self.maps["semantic"], window), window.seen)
        return resize.framed(tf.cast(ids, tf.int32), window, info.void)

    def _image(self, start: tf.Tensor, extent: tf.Tensor) -> tf.Tensor:
        """Uint8 [*extent, 3], a part of the image, the same pixels as in the whole."""
        part = tf.cond(
            self.is_jpeg, lambda: self._jpeg(start, extent), lambda: tf.slice(self.pixels, *_channels(start, extent))
        )
        return tf.ensure_shape(part, [None, None, 3])

    def _jpeg(self, start: tf.Tensor, extent: tf.Tensor) -> tf.Tensor:
        # Colours have half the resolution and are interpolated, so the pixels at an edge need those beyond.
        low = tf.maximum(start - 2, 0)
        high = tf.minimum(start + extent + 2, self.size)
        pixels = tf.io.decode_and_crop_jpeg(self.encoded, tf.concat([low, high - low], axis=0), channels=3)
        return tf.slice(pixels, *_channels(start - low, extent))


def read(record: tf.Tensor, info: dataset.DatasetInfo) -> Source:
    """The example in a serialised record, scalar string."""
    features = tf.io.parse_single_example(record, FEATURES)
    encoded = features[records.IMAGE]
    is_jpeg = tf.io.is_jpeg(encoded)
    pixels = tf.cond(
        is_jpeg,
        lambda: tf.zeros([0, 0, 3], tf.uint8),
        lambda: tf.io.decode_image(encoded, channels=3, expand_animations=False),
    )
    pixels = tf.ensure_shape(pixels, [None, None, 3])
    size = tf.cond(is_jpeg, lambda: tf.io.extract_jpeg_shape(encoded), lambda: tf.shape(pixels))[:2]
    semantic_type = tf.uint8 if info.void == dataset.VOID else tf.uint16
    encoded_maps = [features[key] for key in (records.SEMANTIC, records.INSTANCE, records.INSTANCE_MASK)]

    def narrow_instance() -> tf.Tensor:
        return _map(encoded_maps[2], tf.uint8, lambda: _filled(size, 0, tf.uint8))

    return Source(
        size=size,
        encoded=encoded,
        is_jpeg=is_jpeg,
        pixels=pixels,
        maps={
            "semantic": _map(encoded_maps[0], semantic_type, lambda: _filled(size, info.void, semantic_type)),
            "instance": _map(encoded_maps[1], tf.uint16, lambda: tf.cast(narrow_instance(), tf.uint16)),
        },
        others={
            "weight": tf.constant(1.0),
            "key": features[records.KEY],
            "object_category": tf.cast(features[record_objects.LABEL], tf.int32),
            "object_instance": tf.cast(features[record_objects.INSTANCE], tf.int32),
            "object_crowd": tf.cast(features[record_objects.CROWD], tf.bool),
        },
    )


def _map(encoded: tf.Tensor, dtype: tf.DType, absent: Callable[[], tf.Tensor]) -> tf.Tensor:
    """`dtype` [H, W] of a one-channel PNG; what `absent` gives where there is none."""
    return tf.cond(encoded == "", absent, lambda: tf.io.decode_png(encoded, channels=1, dtype=dtype)[..., 0])


def _filled(size: tf.Tensor, value: int, dtype: tf.DType) -> tf.Tensor:
    """`dtype` [*size], all `value`."""
    return tf.fill(size, tf.constant(value, dtype))


def _channels(start: tf.Tensor, extent: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Int32 [2] and [2] -> [3] and [3], all three channels."""
    return tf.pad(start, [[0, 1]]), tf.concat([extent, [3]], axis=0)
