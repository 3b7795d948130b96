"""Answers requests as a server would: `python -m tests.serve_once MODEL REQUEST RESPONSE [MODEL REQUEST RESPONSE ...]`.

Each file holds a serialised PredictRequest or PredictResponse. Nothing of this project is imported.
"""

import sys
from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2


def main(arguments: list[str]) -> None:
    """Answers one request after the other."""
    for model, request, response in zip(*[iter(arguments)] * 3, strict=True):
        Path(response).write_bytes(answer(model, Path(request).read_bytes()))
    foreign = [name for name in sys.modules if name.split(".")[0] in ("seg_models", "components", "pipeline")]
    assert not foreign, foreign


def answer(model: str, request: bytes) -> bytes:
    """The PredictResponse to a PredictRequest."""
    asked = predict_pb2.PredictRequest.FromString(request)
    signature = tf.saved_model.load(model, tags=["serve"]).signatures[asked.model_spec.signature_name]
    tensors = {name: tf.constant(tf.make_ndarray(value)) for name, value in asked.inputs.items()}
    response = predict_pb2.PredictResponse(model_spec=asked.model_spec)
    for name, value in signature(**tensors).items():
        response.outputs[name].CopyFrom(tf.make_tensor_proto(value.numpy()))
    return response.SerializeToString()


if __name__ == "__main__":
    main(sys.argv[1:])
