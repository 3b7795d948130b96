"""The push: rehearsal, all or nothing, once."""

import os
from pathlib import Path

import pytest
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts

from components import pusher
from seg_models import errors, export, records


class Halves(tf.Module):
    """Answers `image_bytes` with the length of each, halved; or wrongly, where asked to."""

    def __init__(self, wrong: str) -> None:
        super().__init__()

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
        def serving_default(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            half = tf.cast(tf.strings.length(image_bytes), tf.float32) / 2
            if wrong == "not finite":
                half = half / 0.0
            return {"half": half[:1] if wrong == "too few" else half, "table": tf.zeros([tf.size(half), 0], tf.int32)}

        self.serving_default = serving_default


def save(folder: Path, *, wrong: str = "", requests: int = 1) -> Path:
    """A SavedModel artifact of TFX's layout, with warm-up requests for two images."""
    model_dir = folder / "Format-Serving"
    module = Halves(wrong)
    tf.saved_model.save(module, str(model_dir), signatures={"serving_default": module.serving_default})
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = "serving_default"
    request.inputs["image_bytes"].CopyFrom(tf.make_tensor_proto([b"1234", b"12"]))
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    path = model_dir / export.WARM_UP
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        for _ in range(requests):
            records.write(file, log.SerializeToString())
    return model_dir


def push(model: Path, tmp_path: Path, *, blessed: bool = True) -> standard_artifacts.PushedModel:
    """Runs the executor on hand-made artifacts, with `serving` as destination."""
    made = standard_artifacts.Model()
    made.uri = str(model)
    blessing = standard_artifacts.ModelBlessing()
    blessing.uri = str(tmp_path / "blessing")
    blessing.set_int_custom_property("blessed", int(blessed))
    Path(blessing.uri).mkdir(exist_ok=True)
    (Path(blessing.uri) / ("BLESSED" if blessed else "NOT_BLESSED")).touch()
    pushed = standard_artifacts.PushedModel()
    pushed.uri = str(tmp_path / "pushed")
    os.makedirs(pushed.uri, exist_ok=True)
    filesystem = pusher_pb2.PushDestination.Filesystem(base_directory=str(tmp_path / "serving"))
    destination = json_format.MessageToJson(pusher_pb2.PushDestination(filesystem=filesystem))
    inputs = {"model": [made], "model_blessing": [blessing]}
    pusher.Executor().Do(inputs, {"pushed_model": [pushed]}, {"push_destination": destination, "custom_config": "null"})
    return pushed


def versions(tmp_path: Path) -> list[str]:
    """What a server sees."""
    return sorted(path.name for path in (tmp_path / "serving").glob("*"))


def test_a_blessed_model_is_pushed_whole_and_loads(tmp_path: Path) -> None:
    pushed = push(save(tmp_path / "model").parent, tmp_path)
    (version,) = versions(tmp_path)
    folder = tmp_path / "serving" / version
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == version
    assert pushed.get_string_custom_property("pushed_destination") == str(folder)
    assert pusher.rehearse(str(folder)) == 1
    # A version that somebody removes is put back from here.
    places = Path(pushed.uri), folder
    kept, served = (sorted(path.relative_to(place) for path in place.rglob("*")) for place in places)
    assert kept == served and Path("saved_model.pb") in kept
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_refused_model_is_not_pushed(tmp_path: Path) -> None:
    pushed = push(save(tmp_path / "model").parent, tmp_path, blessed=False)
    assert pushed.get_int_custom_property("pushed") == 0
    assert versions(tmp_path) == []


@pytest.mark.parametrize(
    ("wrong", "message"), [("too few", "`half` answers 2 image"), ("not finite", "`half` is not finite")]
)
def test_a_model_that_answers_wrongly_is_not_pushed(tmp_path: Path, wrong: str, message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        push(save(tmp_path / "model", wrong=wrong).parent, tmp_path)
    assert versions(tmp_path) == []


def test_a_model_without_requests_cannot_be_rehearsed(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="holds no request"):
        pusher.rehearse(str(save(tmp_path / "empty", requests=0)))
    model_dir = save(tmp_path / "absent")
    (model_dir / export.WARM_UP).unlink()
    with pytest.raises(errors.UserError, match="is missing"):
        pusher.rehearse(str(model_dir))


def test_the_same_model_is_pushed_once(tmp_path: Path) -> None:
    model = save(tmp_path / "model").parent
    first = push(model, tmp_path)
    again = push(model, tmp_path)
    assert len(versions(tmp_path)) == 1
    for name in ("pushed_version", "pushed_destination"):
        assert again.get_string_custom_property(name) == first.get_string_custom_property(name)
    assert again.get_int_custom_property("pushed") == 1


def test_what_a_kill_left_is_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copying stops half-way; no server sees it, and the next push is whole."""
    model = save(tmp_path / "model").parent

    def killed(source: str, destination: str, **_: object) -> None:
        Path(destination, "variables").mkdir(parents=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(pusher.executor.io_utils, "copy_dir", killed)
        push(model, tmp_path)
    assert versions(tmp_path) == []
    push(model, tmp_path)
    (version,) = versions(tmp_path)
    assert pusher.rehearse(str(tmp_path / "serving" / version)) == 1
