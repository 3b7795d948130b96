"""The SavedModel: its signatures, its card, its warm-up request, and reading them back."""

import dataclasses
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from seg_models import config, dataset, errors, image_files, model, predict, records, weight_paths
from seg_models import inference as looks

CARD = "assets.extra/segline.json"
# Where TensorFlow keeps the variables of Served._weights, by their index.
VARIABLE = "_weights/{}/.ATTRIBUTES/VARIABLE_VALUE"
WARM_UP = "assets.extra/tf_serving_warmup_requests"


@dataclasses.dataclass(frozen=True)
class ModelCard:
    """What must be known of an exported model.

    Attributes:
      info: the classes that it was trained on.
      tasks: "semantic" and, if the model tells things apart, "panoptic".
      size: working size (height, width); None: each image's own.
      inference: how maps are made from the model's outputs.
      weights: the paths of its variables, in their order (seg_models/weight_paths.py).
    """

    info: dataset.DatasetInfo
    tasks: tuple[str, ...]
    size: tuple[int, int] | None
    inference: looks.Inference = looks.Inference()
    weights: tuple[str, ...] = ()


class Served(tf.Module):
    """A model as it is served: `image_bytes` for clients, `dense` for evaluation.

    Only the variables are kept, not the Keras objects, so that the file holds just what serving runs.
    """

    def __init__(self, network: model.SegmentationModel, size: predict.Size, settings: looks.Inference) -> None:
        super().__init__(name="segline")
        self._weights = list(network.network.variables)
        info = network.info

        @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8, name="image")])
        def dense(image: tf.Tensor) -> dict[str, tf.Tensor]:
            return predict.predict(network, image, size, settings)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
        def serving_default(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            # One after the other: together, the images of a request would need the memory of all of them.
            answers = tf.map_fn(
                lambda encoded: _answer(dense, info, encoded),
                image_bytes,
                parallel_iterations=1,
                fn_output_signature=ANSWER,
            )
            return {key: _padded(value) for key, value in answers.items()}

        self.dense = dense
        self.serving_default = serving_default


def export(
    network: model.SegmentationModel,
    directory: str,
    size: predict.Size,
    settings: looks.Inference = looks.Inference(),
) -> None:
    """Writes the SavedModel under a temporary name, then renames it to `directory`.

    Signatures:
      serving_default: image_bytes string [B] (JPEG, PNG, GIF, BMP; sizes may differ) -> semantic_png, panoptic_png
        string [B] at each image's own size (panoptic 16-bit, void 65535); segment_id, segment_category, segment_area
        int32 [B, N], filled up with -1.
      dense: image uint8 [B, H, W, 3] -> semantic, panoptic int32 [B, H, W].
    """
    partial = Path(f"{directory.rstrip('/')}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    served = Served(network, size, settings)
    signatures = {"serving_default": served.serving_default, "dense": served.dense}
    tf.saved_model.save(served, str(partial), signatures=signatures)
    card = ModelCard(network.info, network.tasks, size, settings, tuple(weight_paths.named(network)))
    image_files.write_atomically(partial / CARD, config.to_json(card).encode())
    with (partial / WARM_UP).open("wb") as file:
        records.write(file, warm_up_request(size or (64, 64)))
    shutil.rmtree(directory, ignore_errors=True)
    os.replace(partial, directory)


def load(directory: str) -> Any:
    """The loaded SavedModel; its `signatures` are callable.

    Raises:
      UserError: there is no SavedModel of ours.
    """
    read_card(directory)
    return tf.saved_model.load(directory)


def read_card(directory: str) -> ModelCard:
    """The card of an exported model.

    Raises:
      UserError: the directory holds no exported model.
    """
    path = Path(directory) / CARD
    if not path.is_file() or not (Path(directory) / "saved_model.pb").is_file():
        raise errors.UserError(f"{directory}: no exported model here (expected saved_model.pb and {CARD}).")
    try:
        card = config.from_json(path.read_text())
    except (ValueError, KeyError, TypeError, AttributeError, ImportError) as error:
        raise errors.UserError(f"{path}: no model card of this version ({error}). Export the model again.") from None
    if not isinstance(card, ModelCard):
        raise errors.UserError(f"{path}: no model card but {type(card).__name__}. Export the model again.")
    return card


def warm_up_request(size: tuple[int, int]) -> bytes:
    """A serialised PredictionLog with one image, which TensorFlow Serving answers before it takes requests."""
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

    image = image_files.encode_png(np.full((*size, 3), 127, np.uint8))
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "segline"
    request.model_spec.signature_name = "serving_default"
    request.inputs["image_bytes"].CopyFrom(tf.make_tensor_proto([image], tf.string))
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    return log.SerializeToString()


SEGMENTS = ("segment_id", "segment_category", "segment_area")
ANSWER = {
    "semantic_png": tf.TensorSpec([], tf.string),
    "panoptic_png": tf.TensorSpec([], tf.string),
    **{key: tf.RaggedTensorSpec([None], tf.int32, ragged_rank=0) for key in SEGMENTS},
}


def _answer(dense: Any, info: dataset.DatasetInfo, encoded: tf.Tensor) -> dict[str, Any]:
    """The answer for one encoded image: PNG maps and the table of segments."""
    image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
    maps = dense(image[None])
    bits = tf.uint8 if info.void == dataset.VOID else tf.uint16
    table = predict.segments(maps["panoptic"][0], info)
    return {
        "semantic_png": tf.io.encode_png(tf.cast(maps["semantic"][0], bits)[..., None]),
        "panoptic_png": tf.io.encode_png(tf.cast(maps["panoptic"][0], tf.uint16)[..., None]),
        **{key: tf.RaggedTensor.from_row_lengths(value, [tf.size(value)])[0] for key, value in table.items()},
    }


def _padded(value: Any) -> tf.Tensor:
    """Ragged int32 [B, N?] -> int32 [B, N], filled up with -1; strings [B] stay."""
    return value.to_tensor(-1) if isinstance(value, tf.RaggedTensor) else value
