"""The push: a rehearsal of the exported model, then TFX's own Pusher, and the version appears whole or not at all."""

import filecmp
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import prediction_log_pb2
from tfx import types
from tfx.components.pusher import component, executor
from tfx.dsl.components.base import executor_spec
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs

from seg_models import errors, export, records

log = logging.getLogger("segline")

Artifacts = dict[str, list[types.Artifact]]


class Executor(executor.Executor):
    """TFX's executor between a rehearsal and a rename."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Pushes a blessed model, once: a version that holds the same files already is left as it is."""
        pushed = artifact_utils.get_single_instance(output_dict[standard_component_specs.PUSHED_MODEL_KEY])
        destination = json_format.Parse(
            exec_properties[standard_component_specs.PUSH_DESTINATION_KEY], pusher_pb2.PushDestination()
        )
        base = destination.filesystem.base_directory
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            log.info("The gate refused the model: it is not pushed.")
            return
        model_dir = self.GetModelPath(input_dict)
        log.info("Rehearsal: the model answers %d of its warm-up requests.", rehearse(model_dir))
        if "://" in base:
            super().Do(input_dict, output_dict, exec_properties)
            return
        if same := _version_with(model_dir, base):
            self._MarkPushed(pushed, pushed_destination=os.path.join(base, same), pushed_version=same)
            shutil.copytree(model_dir, pushed.uri, dirs_exist_ok=True)
            log.info("Version %s holds this model already.", same)
            return
        # TFX copies file by file. A kill on the way would leave a version that a server takes up and cannot load.
        partial = _partial(base)
        shutil.rmtree(partial, ignore_errors=True)
        destination.filesystem.base_directory = str(partial)
        staged = {standard_component_specs.PUSH_DESTINATION_KEY: json_format.MessageToJson(destination)}
        super().Do(input_dict, output_dict, {**exec_properties, **staged})
        version = pushed.get_string_custom_property("pushed_version")
        os.makedirs(base, exist_ok=True)
        os.replace(partial / version, os.path.join(base, version))
        partial.rmdir()
        self._MarkPushed(pushed, pushed_destination=os.path.join(base, version), pushed_version=version)


class Pusher(component.Pusher):
    """TFX's Pusher with our executor."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)


def rehearse(model_dir: str) -> int:
    """Loads an exported model as TensorFlow Serving does and lets it answer its own warm-up requests.

    Returns:
      how many requests it answered.

    Raises:
      UserError: there is no request, or an answer is not for every image of it, or not finite.
    """
    path = os.path.join(model_dir, export.WARM_UP)
    if not tf.io.gfile.exists(path):
        raise errors.UserError(
            f"{path} is missing: the model cannot be rehearsed, so it is not pushed. Export it again."
        )
    loaded = tf.saved_model.load(model_dir, tags=["serve"])
    with tf.io.gfile.GFile(path, "rb") as file:
        requests = [prediction_log_pb2.PredictionLog.FromString(record) for record in records.read(file, path)]
    if not requests:
        raise errors.UserError(f"{path} holds no request: the model cannot be rehearsed, so it is not pushed.")
    for log in requests:
        request = log.predict_log.request
        arguments = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        answer = loaded.signatures[request.model_spec.signature_name](
            **{k: tf.constant(v) for k, v in arguments.items()}
        )
        batch = len(next(iter(arguments.values())))
        for name, value in answer.items():
            _check(value.numpy(), batch, f"{model_dir}: `{name}`")
    return len(requests)


def _check(value: np.ndarray, batch: int, name: str) -> None:
    """Raises where an output [B, ...] is not for every image of the request, or is not finite."""
    if value.shape[:1] != (batch,):
        raise errors.UserError(f"{name} answers {batch} image(s) with shape {value.shape}: the model is not pushed.")
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise errors.UserError(f"{name} is not finite in the answer to the warm-up request: the model is not pushed.")


def _version_with(model_dir: str, base: str) -> str | None:
    """The newest version in `base` if it holds this very model: its push was interrupted, or it was judged anew."""
    versions = sorted((path.name for path in Path(base).glob("*") if path.name.isdigit()), key=int)
    if not versions:
        return None
    newest, files = os.path.join(base, versions[-1]), _files(model_dir)
    same = _files(newest) == files and not any(filecmp.cmpfiles(model_dir, newest, files, shallow=False)[1:])
    return versions[-1] if same else None


def _files(directory: str) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in Path(directory).rglob("*") if path.is_file())


def _partial(base: str) -> Path:
    """A folder beside `base`, on the same disk, that no server watches."""
    return Path(base).with_name(f".{Path(base).name}.partial")
