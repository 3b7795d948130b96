"""One image seen several times: at several scales, and mirrored."""

import tensorflow as tf

from seg_models import inference, model, resize


def probabilities(
    network: model.SegmentationModel, image: tf.Tensor, settings: inference.Inference, size: tf.Tensor
) -> tf.Tensor:
    """The mean over all views: float32 0..255 [B, h, w, 3] -> float32 [B, H, W, C], where `size` is (H, W)."""
    views = [(scale, mirrored) for scale in settings.scales for mirrored in ((False, True) if settings.flip else (False,))]
    total = _view(network, image, *views[0], size)
    for view in views[1:]:
        # One after the other, or the features of all views would be in memory at once.
        with tf.control_dependencies([total]):
            total += _view(network, tf.identity(image), *view, size)
    return total / len(views)


def _view(
    network: model.SegmentationModel, image: tf.Tensor, scale: float, mirrored: bool, size: tf.Tensor
) -> tf.Tensor:
    """Float32 [B, H, W, C] of the image at one scale, mirrored or not."""
    if scale != 1:
        scaled = tf.round(scale * tf.cast(tf.shape(image)[1:3], tf.float32))
        image = resize.image(image, tf.maximum(tf.cast(scaled, tf.int32), 1))
    if mirrored:
        image = tf.reverse(image, [2])
    found = network.probabilities(network(image, training=False), size)
    return tf.reverse(found, [2]) if mirrored else found
