"""Gaussian filtering in many dimensions on the permutohedral lattice (Adams, Baek and Davis 2010), in TensorFlow.

A point spreads its value over the d + 1 corners of the simplex that it lies in (splat), the corners are blurred along
each of the lattice's d + 1 directions, and the point reads its value back (slice). Only corners that some point touches
exist; they are found by numbering their coordinates, so that a neighbour is a constant away.
"""

import dataclasses
import math

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Lattice:
    """The corners around N points in d dimensions.

    Attributes:
      corners: int32 [N, d + 1], the corners of each point's simplex.
      weights: float32 [N, d + 1], the point's barycentric coordinates.
      neighbours: int32 [d + 1, 2, M], on both sides of each of M corners in each direction; M where there is none.
    """

    corners: tf.Tensor
    weights: tf.Tensor
    neighbours: tf.Tensor

    def filter(self, values: tf.Tensor) -> tf.Tensor:
        """Sums over all points, weighted by exp(-|f_i - f_j|^2 / 2) up to a factor: float32 [N, C] -> float32 [N, C]."""
        dimensions, count = self.neighbours.shape[0] - 1, tf.shape(self.neighbours)[2]
        held = tf.zeros(tf.stack([count + 1, tf.shape(values)[1]]))  # the last row stands for corners that are not
        for corner in range(dimensions + 1):
            weighted = values * self.weights[:, corner, None]
            held += tf.math.unsorted_segment_sum(weighted, self.corners[:, corner], count + 1)
        for direction in range(dimensions + 1):
            before, after = (tf.gather(held, self.neighbours[direction, side]) for side in (0, 1))
            held = tf.concat([held[:-1] + 0.5 * (before + after), held[-1:]], axis=0)
        read = [
            tf.gather(held, self.corners[:, corner]) * self.weights[:, corner, None] for corner in range(dimensions + 1)
        ]
        return tf.add_n(read) / (1 + 2.0**-dimensions)


def build(features: tf.Tensor, groups: tf.Tensor) -> Lattice:
    """The lattice of points that see one another within their group alone.

    Args:
      features: float32 [N, d], in units of the Gaussian's standard deviation.
      groups: int32 [N], such as the image that a pixel is of.
    """
    dimensions = features.shape[1]
    elevated = features @ tf.constant(_elevation(dimensions))
    origin, rank = _simplex(elevated, dimensions)
    weights = _barycentric((elevated - origin) / (dimensions + 1), rank, dimensions)
    corners = tf.cast(origin, tf.int64)[:, None] + tf.transpose(
        tf.gather(tf.constant(_canonical(dimensions)), rank), [0, 2, 1]
    )
    numbers, offsets = _numbered(corners[..., :dimensions], groups, dimensions)
    known, index = tf.unique(tf.reshape(numbers, [-1]))
    return Lattice(tf.reshape(index, tf.shape(numbers)), weights, _neighbours(known, offsets))


def _elevation(dimensions: int) -> np.ndarray:
    """Float32 [d, d + 1]: into the hyperplane of coordinate sum 0, where blurring has a standard deviation of 1."""
    matrix = np.zeros((dimensions, dimensions + 1), np.float32)
    for axis in range(dimensions):
        scale = math.sqrt(2 / 3) * (dimensions + 1) / math.sqrt((axis + 1) * (axis + 2))
        matrix[axis, : axis + 1] = scale
        matrix[axis, axis + 1] = -(axis + 1) * scale
    return matrix


def _simplex(elevated: tf.Tensor, dimensions: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The nearest lattice point of remainder 0, float32 [N, d + 1], and the rank of each coordinate in the rest, int32."""
    size = dimensions + 1
    origin = tf.round(elevated / size) * size
    excess = tf.cast(tf.round(tf.reduce_sum(origin, axis=1, keepdims=True) / size), tf.int32)
    order = tf.argsort(elevated - origin, axis=1, direction="DESCENDING", stable=True)
    rank = tf.argsort(order, axis=1) + excess
    wrapped = tf.cast(rank < 0, tf.int32) - tf.cast(rank > dimensions, tf.int32)
    return origin + tf.cast(wrapped * size, tf.float32), rank + wrapped * size


def _barycentric(rest: tf.Tensor, rank: tf.Tensor, dimensions: int) -> tf.Tensor:
    """Float32 [N, d + 1] of the rest, in units of the lattice, and its ranks."""
    by_rank = tf.gather(rest, tf.argsort(rank, axis=1), batch_dims=1)
    falling = by_rank[:, ::-1]
    first = 1 + falling[:, :1] - falling[:, dimensions:]
    return tf.concat([first, falling[:, 1:] - falling[:, :-1]], axis=1)


def _canonical(dimensions: int) -> np.ndarray:
    """Int64 [rank, corner]: how far a coordinate of that rank lies from the corner of remainder 0."""
    rank, corner = np.mgrid[: dimensions + 1, : dimensions + 1]
    return np.where(rank <= dimensions - corner, corner, corner - dimensions - 1).astype(np.int64)


def _numbered(corners: tf.Tensor, groups: tf.Tensor, dimensions: int) -> tuple[tf.Tensor, tf.Tensor]:
    """One number a corner, int64 [N, d + 1] of int64 [N, d + 1, d], and what to add for neighbours, int64 [d + 1]."""
    lowest, highest = tf.reduce_min(corners), tf.reduce_max(corners)
    base = highest - lowest + 2 * dimensions + 1  # a neighbour is at most d away in one coordinate
    powers = tf.math.cumprod(tf.fill([dimensions + 1], base), exclusive=True)
    digits = corners - lowest + dimensions
    numbers = tf.reduce_sum(digits * powers[:dimensions], axis=-1) + tf.cast(groups, tf.int64)[:, None] * powers[-1]
    steps = np.ones((dimensions + 1, dimensions), np.int64)
    np.fill_diagonal(steps, -dimensions)
    return numbers, tf.reduce_sum(steps * powers[:dimensions], axis=1)


def _neighbours(known: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
    """Int32 [d + 1, 2, M] of the numbers of M corners, int64 [M]."""
    count = tf.size(known)
    order = tf.argsort(known)
    ordered = tf.gather(known, order)
    wanted = known + tf.stack([-offsets, offsets], axis=1)[..., None]
    place = tf.minimum(tf.searchsorted(ordered, tf.reshape(wanted, [-1])), count - 1)
    found = tf.gather(ordered, place) == tf.reshape(wanted, [-1])
    return tf.reshape(tf.where(found, tf.gather(order, place), count), tf.shape(wanted))
