"""Exact Euclidean distances and connected components of masks; both run in any graph, that of tf.data included."""

import tensorflow as tf
import tensorflow_addons as tfa


def distance(mask: tf.Tensor) -> tf.Tensor:
    """How far each pixel is from the nearest one of the mask, centre to centre (Felzenszwalb and Huttenlocher, 2012).

    Args:
      mask: bool [B, H, W].

    Returns:
      Float32 [B, H, W], in pixels; 0 on the mask. An image without a pixel of the mask has its diagonal,
      sqrt(H^2 + W^2), everywhere: more than any two of its pixels are apart.
    """
    diagonal = tf.norm(tf.cast(tf.shape(mask)[1:], tf.float32))
    distances = tfa.image.euclidean_dist_transform(tf.cast(~mask, tf.uint8)[..., tf.newaxis])[..., 0]
    return tf.ensure_shape(tf.minimum(distances, diagonal), mask.shape)


def components(mask: tf.Tensor) -> tf.Tensor:
    """The 4-connected components of each image: pixels that share an edge belong together, a corner is not enough.

    Args:
      mask: bool [B, H, W].

    Returns:
      Int32 [B, H, W]: 0 outside of the mask; inside, each image's components count from 1 in the order of their first
      pixels.
    """
    ids = tfa.image.connected_components(mask)  # these count on from image to image
    first = tf.reduce_min(tf.where(mask, ids, tf.int32.max), axis=[1, 2], keepdims=True)
    return tf.ensure_shape(tf.where(mask, ids - first + 1, 0), mask.shape)
