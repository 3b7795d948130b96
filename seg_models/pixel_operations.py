"""Operations on an image's values that AutoAugment and its successors draw from, as PIL has them.

Each takes and gives float32 0..255 [H, W, 3]; what it does to whole numbers is what PIL does to bytes, but rounding.
`factor` is PIL's: 1 leaves an image as it is, 0 takes all brightness, contrast, colour or sharpness from it.
"""

import tensorflow as tf

LUMA = (0.299, 0.587, 0.114)


def autocontrast(image: tf.Tensor) -> tf.Tensor:
    """Each channel of float32 [H, W, 3] stretched to 0..255."""
    low, high = tf.reduce_min(image, axis=[0, 1]), tf.reduce_max(image, axis=[0, 1])
    stretched = (image - low) * 255.0 / tf.maximum(high - low, 1.0)
    return tf.where(high - low >= 1.0, stretched, image)


def equalize(image: tf.Tensor) -> tf.Tensor:
    """Each channel of float32 [H, W, 3], rounded, with as many pixels of one value as of another, nearly."""
    levels = tf.reshape(tf.cast(tf.round(image), tf.int32), [-1, 3])
    places = levels + tf.constant([0, 256, 512])
    counts = tf.reshape(tf.math.bincount(tf.reshape(places, [-1]), minlength=768, maxlength=768), [3, 256])
    # PIL leaves the brightest value that occurs out of the sum, so that it becomes 255.
    brightest = tf.gather(counts, tf.reduce_max(levels, axis=0), batch_dims=1)
    step = (tf.reduce_sum(counts, axis=1) - brightest) // 255
    table = (step[:, tf.newaxis] // 2 + tf.cumsum(counts, axis=1, exclusive=True)) // tf.maximum(step, 1)[:, tf.newaxis]
    table = tf.where(step[:, tf.newaxis] > 0, tf.clip_by_value(table, 0, 255), tf.range(256))
    equal = tf.gather(tf.reshape(tf.cast(table, tf.float32), [-1]), places)
    return tf.reshape(equal, tf.shape(image))


def solarize(image: tf.Tensor, threshold: float) -> tf.Tensor:
    """Float32 [H, W, 3] with the values of `threshold` and above turned to their negative."""
    return tf.where(image >= threshold, 255.0 - image, image)


def posterize(image: tf.Tensor, bits: int) -> tf.Tensor:
    """Float32 [H, W, 3] with only the highest `bits` of the 8 of each value."""
    width = float(1 << (8 - bits))
    return tf.floor(image / width) * width if bits < 8 else image


def brightness(image: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Float32 [H, W, 3] away from black by a scalar factor."""
    return tf.clip_by_value(factor * image, 0.0, 255.0)


def color(image: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Float32 [H, W, 3], each pixel away from its own grey by a scalar factor."""
    return _away(image, _grey(image)[..., tf.newaxis], factor)


def contrast(image: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Float32 [H, W, 3] away from its mean grey by a scalar factor."""
    return _away(image, tf.reduce_mean(_grey(image)), factor)


def sharpness(image: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Float32 [H, W, 3] away from a smoothed image by a scalar factor; the outermost pixels stay."""
    kernel = tf.constant([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]) / 13.0
    taps = tf.repeat(kernel[:, :, tf.newaxis, tf.newaxis], 3, axis=2)
    smooth = tf.nn.depthwise_conv2d(image[tf.newaxis], taps, [1, 1, 1, 1], "SAME")[0]
    size = tf.shape(image)
    rows, columns = tf.range(size[0])[:, tf.newaxis, tf.newaxis], tf.range(size[1])[:, tf.newaxis]
    outermost = (rows == 0) | (rows == size[0] - 1) | (columns == 0) | (columns == size[1] - 1)
    return tf.where(outermost, image, _away(image, smooth, factor))


def _away(image: tf.Tensor, start: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Float32 [H, W, 3]: from `start`, `factor` times as far as the image is."""
    return tf.clip_by_value(start + factor * (image - start), 0.0, 255.0)


def _grey(image: tf.Tensor) -> tf.Tensor:
    """Float32 [H, W] of [H, W, 3]."""
    return tf.tensordot(image, tf.constant(LUMA), 1)
