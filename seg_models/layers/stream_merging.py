"""The streams of the Cascade Segmentation Module and the one map of scores that they make (Zhou et al., section 4)."""

import dataclasses

import keras
import tensorflow as tf

MERGES = ("top_down", "joint")


@dataclasses.dataclass(frozen=True)
class Streams:
    """Which categories are whose, as train ids.

    Attributes:
      stuff: in the order of the stuff stream's channels, of which one more, the last, is the foreground.
      objects: in the order of the object stream's channels.
      parts: (whole, its parts...) for each category that has parts; the channels of the part stream in this order. The
        whole's own channel there stands for what is none of the parts.
    """

    stuff: tuple[int, ...]
    objects: tuple[int, ...]
    parts: tuple[tuple[int, ...], ...] = ()

    @property
    def wholes(self) -> tuple[int, ...]:
        """All that is no part."""
        return self.stuff + self.objects

    @property
    def channels(self) -> dict[str, int]:
        """Stream -> number of its channels; without parts there is no such stream."""
        counts = {"stuff": len(self.stuff) + 1, "object": len(self.objects)}
        return {**counts, "part": sum(map(len, self.parts))} if self.parts else counts


@dataclasses.dataclass(frozen=True)
class Scores:
    """What the streams say, up to a number added to all of a pixel's scores in one softmax.

    Attributes:
      stuff: float [B, H, W, S + 1].
      objects: float [B, H, W, O].
      parts: float [B, H, W, N] of each whole that has parts.
    """

    stuff: tf.Tensor
    objects: tf.Tensor
    parts: tuple[tf.Tensor, ...]


@keras.saving.register_keras_serializable(package="segline")
class StreamMerging(keras.layers.Layer):
    """One score a category, of which `split` finds the streams again.

    An object's score is the foreground's in the stuff stream plus the object's own in the object stream, less what all
    objects have together; the same with parts of a whole. What they have together is either

      top_down: their largest score. The best object has the foreground's score, so the best of all categories is what
        the cascade decides step by step: stuff or foreground, then which object, then which part.
      joint: the logarithm of the sum of their exponentials. The softmax over all categories is then the product of the
        streams' softmaxes, and the best category the most probable one, which may be stuff even where the
        foreground is more probable, if it is not clear which object it is.

    Args:
      streams: see Streams.
      merge: "top_down" or "joint".
    """

    def __init__(self, streams: Streams, merge: str, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self.streams = streams
        self.merge = merge

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        """[stuff [B, H, W, S + 1], objects [B, H, W, O], and parts [B, H, W, P] if any] -> float32 [B, H, W, C]."""
        stuff, objects = inputs[:2]
        scores = tf.concat([stuff[..., :-1], stuff[..., -1:] + self._relative(objects)], axis=-1)
        table, place = [scores], {category: index for index, category in enumerate(self.streams.wholes)}
        count, first = len(place), 0
        for group in self.streams.parts:
            whole = self.streams.wholes.index(group[0])
            own = inputs[2][..., first : first + len(group)]
            table.append(scores[..., whole : whole + 1] + self._relative(own))
            place |= {category: count + first + index for index, category in enumerate(group)}
            first += len(group)
        return tf.gather(tf.concat(table, axis=-1), [place[category] for category in sorted(place)], axis=-1)

    def _relative(self, scores: tf.Tensor) -> tf.Tensor:
        return scores - together(scores, self.merge)

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"streams": dataclasses.asdict(self.streams), "merge": self.merge, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, object]) -> "StreamMerging":
        """The layer that `get_config` describes, its lists tuples again."""
        given = config["streams"]
        parts = tuple(tuple(group) for group in given["parts"])
        streams = Streams(tuple(given["stuff"]), tuple(given["objects"]), parts)
        return cls(streams, config["merge"], name=config["name"])


def split(merged: tf.Tensor, streams: Streams, merge: str) -> Scores:
    """The streams' scores in what StreamMerging has made of them, float [B, H, W, C]."""
    parts = tuple(tf.gather(merged, group, axis=-1) for group in streams.parts)
    table = tf.concat([merged, *(together(group, merge) for group in parts)], axis=-1)
    place = {category: category for category in streams.wholes}
    place |= {group[0]: merged.shape[-1] + index for index, group in enumerate(streams.parts)}
    stuff = tf.gather(table, [place[category] for category in streams.stuff], axis=-1)
    objects = tf.gather(table, [place[category] for category in streams.objects], axis=-1)
    return Scores(tf.concat([stuff, together(objects, merge)], axis=-1), objects, parts)


def together(scores: tf.Tensor, merge: str) -> tf.Tensor:
    """What float [B, H, W, N] have together: float [B, H, W, 1]."""
    reduce = tf.reduce_max if merge == "top_down" else tf.reduce_logsumexp
    return reduce(scores, axis=-1, keepdims=True)
