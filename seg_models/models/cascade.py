"""Cascade Segmentation Module (Zhou et al., 2016, 1608.05442, section 4): streams for stuff, objects and their parts.

The paper's parts have a map of their own. Here they are categories of the one semantic map, told by `parts`.
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, reduction, registry
from seg_models.layers import caffe_preprocessing, convolution, normalization, resize_like, stream_merging, vgg
from seg_models.losses import cross_entropy, sum_of_losses
from seg_models.models import segnet

BASES = ("dilated", "segnet")
SHARED_BLOCKS = 3  # of VGG16, by the streams of Cascade-DilatedNet


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are those of the paper's better one, Cascade-DilatedNet.

    Attributes:
      base: "dilated", VGG16 of stride 8 whose streams part after the third pooling; or "segnet", whose streams share
        the encoder and have a decoder each.
      objects: names of the discrete objects, which are not stuff; (): the categories that are things.
      parts: (part, whole) for each category that is part of another; () where there are none. The whole's own category
        is what is none of its parts.
      merge: how one map is made of the streams: "top_down", step by step as in the paper, or "joint", by the product
        of their probabilities; see StreamMerging.
      object_weight, part_weight: of the losses beside the stuff stream's.
      vgg16: its `fc_channels` and `dropout` are those of "dilated" alone.
      norm: of every convolution but the last; DilatedNet has none. SegNet has: set `norm.kind` auto with it.
      loss: Config of seg_models.losses, of every stream on its own classes; one that prepares no maps and skips no
        classes.
    """

    base: str = "dilated"
    objects: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    merge: str = "top_down"
    object_weight: float = 1.0
    part_weight: float = 1.0
    vgg16: vgg.Vgg16 = vgg.Vgg16()
    norm: normalization.Norm = normalization.Norm("none")
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        registry.check("the kinds of `base`", self.base, BASES)
        registry.check("the kinds of `merge`", self.merge, stream_merging.MERGES)
        if min(self.object_weight, self.part_weight) < 0:
            raise errors.UserError(
                f"`object_weight` is {self.object_weight}, `part_weight` {self.part_weight}; expected 0 or more."
            )
        if sum_of_losses.prepares(self.loss):
            raise errors.UserError(
                f"`loss` is of {type(self.loss).__module__}, which prepares maps of all categories, or has a term that "
                "does; the streams have categories of their own. Expected a loss without them, such as cross_entropy."
            )
        if sum_of_losses.skips_classes(self.loss):
            raise errors.UserError(
                f"`loss` is of {type(self.loss).__module__} and has, or has a term with, `skip_classes`: train ids, "
                "but the streams have categories of their own. Expected a loss without them."
            )
        names = [part for part, _ in self.parts]
        if len(set(names)) < len(names) or {whole for _, whole in self.parts} & set(names):
            raise errors.UserError(
                f"`parts` is {self.parts}; expected each part once, and no part that is itself a whole."
            )

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.vgg16.pretrained


class Cascade(model.SemanticModel):
    """A semantic model that learns the streams, which its scores are merged of."""

    def __init__(
        self,
        config: Config,
        info: dataset.DatasetInfo,
        streams: stream_merging.Streams,
        network: keras.Model,
        backbone: keras.Model,
    ) -> None:
        super().__init__(info, network, config.loss, backbone=backbone)
        self.config = config
        self.streams = streams
        self.loss_names = tuple(streams.channels)
        self.trackers |= {name: keras.metrics.Mean(name=name) for name in self.loss_names}

    def loss_terms(self, batch: model.Batch, outputs: model.Outputs) -> dict[str, tf.Tensor]:
        """{"stuff", "object", "part"}: scalars. A stream learns from the pixels alone that have one of its classes."""
        streams, config = self.streams, self.config
        merged = model.resize(outputs["semantic"], tf.shape(batch["semantic"])[1:3])
        scores = stream_merging.split(merged, streams, config.merge)
        of_stuff = _places(streams.stuff) | dict.fromkeys(streams.objects, len(streams.stuff))
        of_objects = _places(streams.objects)
        terms = {
            "stuff": self._loss(batch, scores.stuff, self._with_parts(of_stuff)),
            "object": config.object_weight * self._loss(batch, scores.objects, self._with_parts(of_objects)),
        }
        if streams.parts:
            terms["part"] = config.part_weight * self._part_loss(batch, scores.parts)
        return terms

    def _part_loss(self, batch: model.Batch, scores: tuple[tf.Tensor, ...]) -> tf.Tensor:
        """Scalar. The parts of each whole have a softmax of their own; a pixel counts alike however rare its whole."""
        losses, weights = [], []
        for own, group in zip(scores, self.streams.parts):
            losses.append(self._loss(batch, own, _places(group)))
            weights.append(reduction.global_sum(tf.reduce_sum(self._truth(batch, _places(group))[1])))
        shares = tf.math.divide_no_nan(tf.stack(weights), tf.add_n(weights))
        return tf.reduce_sum(shares * tf.stack(losses))

    def _loss(self, batch: model.Batch, logits: tf.Tensor, channels: dict[int, int]) -> tf.Tensor:
        """The loss of one softmax, logits float [B, H, W, N], as a scalar; `channels`: train id -> channel."""
        semantic, weight = self._truth(batch, channels)
        # Losses count the categories of a softmax and do not ask what they are.
        info = dataclasses.replace(self.info, categories=self.info.categories[:1] * logits.shape[-1])
        known = tf.where(semantic < 0, info.void, semantic)
        return self.loss_function(self.loss_config, info, {**batch, "semantic": known}, logits, weight)

    def _truth(self, batch: model.Batch, channels: dict[int, int]) -> tuple[tf.Tensor, tf.Tensor]:
        """The channel of each pixel, int32 [B, H, W], -1 where it has none, and the pixels' weights, float32."""
        table = tf.constant([channels.get(category, -1) for category in range(self.info.num_categories + 1)])
        semantic = tf.gather(table, tf.minimum(batch["semantic"], self.info.num_categories))
        return semantic, tf.where(semantic < 0, 0.0, self.pixel_weights(batch))

    def _with_parts(self, channels: dict[int, int]) -> dict[int, int]:
        """Train id -> channel for the parts too, whose channel is their whole's."""
        extended = dict(channels)
        for whole, *parts in self.streams.parts:
            if whole in channels:
                extended |= dict.fromkeys(parts, channels[whole])
        return extended


def build(config: Config, info: dataset.DatasetInfo) -> Cascade:
    """Semantic segmentation with outputs {"semantic": float32 [B, H, W, C]}, the streams' scores in one map."""
    streams = _streams(config, info)
    image = keras.Input((None, None, 3), name="image")
    scores, backbone = (_segnet if config.base == "segnet" else _dilated)(image, streams.channels, config)
    semantic = stream_merging.StreamMerging(streams, config.merge, name="semantic")(scores)
    network = keras.Model(image, {"semantic": semantic}, name="cascade")
    return Cascade(config, info, streams, network, backbone)


def _streams(config: Config, info: dataset.DatasetInfo) -> stream_merging.Streams:
    """The train ids of each stream."""
    for name in (*config.objects, *(name for pair in config.parts for name in pair)):
        registry.check(f"the categories of {info.name}", name, info.names)
    parts = {part for part, _ in config.parts}
    chosen = config.objects or [category.name for category in info.categories if category.is_thing]
    groups: dict[str, list[str]] = {}
    for part, whole in config.parts:
        groups.setdefault(whole, [whole]).append(part)
    wholes = [name for name in info.names if name not in parts]
    streams = stream_merging.Streams(
        stuff=tuple(info.names.index(name) for name in wholes if name not in chosen),
        objects=tuple(info.names.index(name) for name in wholes if name in chosen),
        parts=tuple(tuple(map(info.names.index, group)) for group in groups.values()),
    )
    if not streams.stuff or not streams.objects:
        raise errors.UserError(
            f"cascade: {info.name} has {len(streams.stuff)} categories of stuff and {len(streams.objects)} of objects; "
            "expected both. Name the discrete objects in `objects` where the data set does not say what is a thing."
        )
    return streams


def _segnet(image: tf.Tensor, channels: dict[str, int], config: Config) -> tuple[list[tf.Tensor], keras.Model]:
    """Cascade-SegNet: float32 [B, H, W, N] of each stream, and what may be pretrained."""
    base = segnet.Config(width=config.vgg16.width, norm=config.norm)
    features, levels = segnet.encoder(image, base)
    encoder = keras.Model(image, features, name="encoder")
    if config.pretrained:
        segnet.take_over(vgg.classifier(config.vgg16.weights), encoder)
    return [segnet.decoder(features, levels, count, base, name=name) for name, count in channels.items()], encoder


def _dilated(image: tf.Tensor, channels: dict[str, int], config: Config) -> tuple[list[tf.Tensor], keras.Model]:
    """Cascade-DilatedNet: float32 [B, H, W, N] of each stream, and what may be pretrained.

    As in the DilatedNet that the authors have published for ADE20K every convolution is padded with zeros, fc6 with 12,
    where Yu and Koltun mirror the image, and the scores of stride 8 are enlarged by fixed bilinear interpolation.
    """
    features = caffe_preprocessing.CaffePreprocessing()(image)
    for number in range(1, SHARED_BLOCKS + 1):
        features = vgg.block(features, number, config.vgg16, config.norm)
        features = keras.layers.MaxPooling2D(2, padding="same", name=f"block{number}_pool")(features)
    shared = keras.Model(image, features, name="shared")
    streams = {name: _dilated_stream(name, features.shape[-1], config) for name in channels}
    if config.pretrained:
        source = vgg.classifier(config.vgg16.weights)
        for target in (shared, *streams.values()):
            vgg.transfer(source, target)
    found = {name: stream(features) for name, stream in streams.items()}
    scores = [convolution.scores(found[name], count, name=name) for name, count in channels.items()]
    return [resize_like.ResizeLike(dtype="float32")([each, image]) for each in scores], keras.Model(image, found)


def _dilated_stream(name: str, inputs: int, config: Config) -> keras.Model:
    """The rest of the front end of DilatedNet (Yu and Koltun, 2016): two poolings less, dilation in their place.

    A model of its own, for its layers to have VGG16's names: float [B, h, w, inputs] -> float [B, h, w, fc_channels].
    """
    shared = keras.Input((None, None, inputs))
    features = vgg.block(shared, 4, config.vgg16, config.norm)
    features = vgg.block(features, 5, config.vgg16, config.norm, rate=2)
    features = vgg.fully_connected(features, config.vgg16, config.norm, padding="same", rate=4)
    return keras.Model(shared, features, name=f"{name}_stream")


def _places(categories: tuple[int, ...]) -> dict[int, int]:
    """Train id -> its place among these."""
    return {category: place for place, category in enumerate(categories)}
