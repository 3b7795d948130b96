"""The SavedModel: a process that knows only TensorFlow answers as the Keras model did, pixel by pixel."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from seg_models import config, dataset, errors, export, image_files, inference, model, predict, weight_paths
from tests import conftest, tiny_models

INFO = tiny_models.INFO
SIZES = {"semantic": (32, 48), "panoptic": None}
FORMATS = ("JPEG", "PNG", "GIF", "BMP")


def picture(seed: int, height: int, width: int) -> np.ndarray:
    """Smooth colours, uint8 [height, width, 3]."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.BICUBIC))


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


IMAGES = [encoded(picture(index, 30 + 7 * index, 61 - 9 * index), kind) for index, kind in enumerate(FORMATS)]
DENSE = np.stack([picture(seed, 41, 35) for seed in (7, 8, 9)])


def decoded(image: bytes) -> np.ndarray:
    """What TensorFlow reads of a JPEG, whose decoders may differ in the last bit; what PIL reads of the others."""
    is_jpeg = image[:2] == b"\xff\xd8"
    return tf.io.decode_jpeg(image).numpy() if is_jpeg else np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))


def outspoken(name: str) -> model.SegmentationModel:
    """A tiny model whose maps show many classes and, if it tells things apart, many instances."""
    network = tiny_models.build(name, "batch")
    for seed in range(20):
        network(tf.constant(picture(seed, 64, 64)[None], tf.float32), training=True)  # the statistics of such pictures
    for output, scale in (("semantic", 3.0), ("center", 3.0), ("offset", 5.0)):
        if output in network.network.output_names:
            kernel = network.network.get_layer(output).kernel
            kernel.assign(tf.random.stateless_normal(kernel.shape, [1, 2]) * scale)
    return network


@pytest.fixture(scope="module")
def networks() -> dict[str, model.SegmentationModel]:
    return {"semantic": outspoken("deeplab_v3_plus"), "panoptic": outspoken("panoptic_deeplab")}


@pytest.fixture(scope="module")
def root(networks: dict[str, model.SegmentationModel], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the exported models."""
    root = tmp_path_factory.mktemp("export")
    for name, network in networks.items():
        export.export(network, str(root / name), SIZES[name])
    return root


def test_the_images_of_a_request_are_answered_one_after_the_other(networks: dict[str, model.SegmentationModel]) -> None:
    served = export.Served(networks["semantic"], None, inference.Inference())
    graph = served.serving_default.get_concrete_function().graph
    loops = [op for op in graph.get_operations() if op.type in ("While", "StatelessWhile")]
    assert [loop.get_attr("parallel_iterations") for loop in loops] == [1]


@pytest.fixture(scope="module")
def answers(root: Path) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """(model, request) -> what a fresh process answers to the requests `images`, `dense`, `none` and `warm_up`."""
    requests = {
        "images": request("serving_default", "image_bytes", np.array(IMAGES, object)),
        "dense": request("dense", "image", DENSE),
        "none": request("serving_default", "image_bytes", np.array([], object)),
    }
    command, asked = [sys.executable, "-m", "tests.serve_once"], []
    for name in SIZES:
        for kind, content in {**requests, "warm_up": warm_ups(root / name)[0]}.items():
            (root / f"{name}.{kind}.request").write_bytes(content.SerializeToString())
            command += [str(root / name), *(str(root / f"{name}.{kind}.{end}") for end in ("request", "response"))]
            asked.append((name, kind))
    ended = subprocess.run(command, cwd=conftest.ROOT, capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()
    return {(name, kind): response(root / f"{name}.{kind}.response") for name, kind in asked}


def request(signature: str, name: str, value: np.ndarray) -> predict_pb2.PredictRequest:
    asked = predict_pb2.PredictRequest()
    asked.model_spec.name, asked.model_spec.signature_name = "segline", signature
    kind = tf.string if value.dtype == object else tf.uint8
    asked.inputs[name].CopyFrom(tf.make_tensor_proto(value, kind, shape=value.shape))
    return asked


def response(path: Path) -> dict[str, np.ndarray]:
    answered = predict_pb2.PredictResponse.FromString(path.read_bytes())
    return {name: tf.make_ndarray(value) for name, value in answered.outputs.items()}


def warm_ups(directory: Path) -> list[predict_pb2.PredictRequest]:
    """The requests in the warm-up file, read as TensorFlow reads it."""
    logs = tf.data.TFRecordDataset(str(directory / "assets.extra" / "tf_serving_warmup_requests"))
    return [prediction_log_pb2.PredictionLog.FromString(log.numpy()).predict_log.request for log in logs]


@pytest.mark.parametrize("name", SIZES)
def test_images_are_answered_at_their_own_sizes(
    name: str, networks: dict[str, model.SegmentationModel], answers: dict[tuple[str, str], dict[str, np.ndarray]]
) -> None:
    found, seen = answers[name, "images"], set()
    assert set(found) == {"semantic_png", "panoptic_png", "segment_id", "segment_category", "segment_area"}
    for index, encoded_image in enumerate(IMAGES):
        image = decoded(encoded_image)
        maps = predict.predict(networks[name], tf.constant(image[None]), SIZES[name])
        for task, mode in (("semantic", "L"), ("panoptic", "I;16")):
            png = Image.open(io.BytesIO(found[f"{task}_png"][index]))
            assert (png.mode, png.size) == (mode, image.shape[1::-1])
            np.testing.assert_array_equal(np.asarray(png).astype(np.int32), maps[task][0])
        ids, areas = np.unique(maps["panoptic"], return_counts=True)
        known = ids != dataset.VOID_16
        table = {key: found[key][index] for key in ("segment_id", "segment_category", "segment_area")}
        listed = table["segment_id"] >= 0
        assert table["segment_id"][listed].tolist() == ids[known].tolist()
        assert table["segment_category"][listed].tolist() == (ids[known] // INFO.label_divisor).tolist()
        assert table["segment_area"][listed].tolist() == areas[known].tolist()
        assert all((column[~listed] == -1).all() for column in table.values())
        seen.add(tuple(ids.tolist()))
    widths = {len(ids) - (dataset.VOID_16 in ids) for ids in seen}
    assert found["segment_id"].shape == (len(IMAGES), max(widths)) and (len(widths) > 1) == (name == "panoptic")
    # What is compared must be worth it: several classes, and things where the model tells them apart.
    instances = {segment % INFO.label_divisor for ids in seen for segment in ids if segment != dataset.VOID_16}
    assert (len(instances) > 4) == (name == "panoptic")


@pytest.mark.parametrize("name", SIZES)
def test_dense_images(
    name: str, networks: dict[str, model.SegmentationModel], answers: dict[tuple[str, str], dict[str, np.ndarray]]
) -> None:
    found = answers[name, "dense"]
    maps = predict.predict(networks[name], tf.constant(DENSE), SIZES[name])
    assert set(found) == {"semantic", "panoptic"}
    for task, value in found.items():
        assert value.dtype == np.int32
        np.testing.assert_array_equal(value, maps[task])
    assert len(np.unique(found["semantic"])) > 2


@pytest.mark.parametrize("name", SIZES)
def test_no_image_has_no_answer(name: str, answers: dict[tuple[str, str], dict[str, np.ndarray]]) -> None:
    found = {key: len(value) for key, value in answers[name, "none"].items()}
    assert found == dict.fromkeys(answers[name, "images"], 0)


@pytest.mark.parametrize("name", SIZES)
def test_the_warm_up_request_is_answered(
    name: str, root: Path, answers: dict[tuple[str, str], dict[str, np.ndarray]]
) -> None:
    asked, *more = warm_ups(root / name)
    assert not more and asked.model_spec.signature_name == "serving_default"
    png = Image.open(io.BytesIO(answers[name, "warm_up"]["semantic_png"][0]))
    assert png.size[::-1] == (SIZES[name] or (64, 64))


def test_the_saved_model_holds_the_network_s_weights_and_no_more(
    root: Path, networks: dict[str, model.SegmentationModel]
) -> None:
    for name, network in networks.items():
        saved = tf.train.load_checkpoint(str(root / name / "variables" / "variables")).get_variable_to_shape_map()
        expected = [tuple(weight.shape) for weight in network.network.weights]
        shapes = [tuple(shape) for key, shape in saved.items() if "VARIABLE_VALUE" in key]
        assert sorted(shapes) == sorted(expected)


def test_the_card(root: Path, networks: dict[str, model.SegmentationModel]) -> None:
    tasks = {"semantic": ("semantic",), "panoptic": ("semantic", "panoptic")}
    for name, size in SIZES.items():
        expected = export.ModelCard(INFO, tasks[name], size, weights=tuple(weight_paths.named(networks[name])))
        assert export.read_card(str(root / name)) == expected
    loaded = export.load(str(root / "semantic"))
    assert set(loaded.signatures) == {"serving_default", "dense"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"class": "seg_models.gone:Card"}', '{"tasks": []}', '{"class": "os:system"}']
)
def test_a_broken_card_is_named(text: str, root: Path, tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"")
    image_files.write_atomically(tmp_path / export.CARD, text.encode())
    for read in (export.read_card, export.load):
        with pytest.raises(errors.UserError, match=f"{tmp_path}.*Export the model again"):
            read(str(tmp_path))


def test_a_card_with_a_field_that_is_not_known_any_more(root: Path, tmp_path: Path) -> None:
    card = json.loads((root / "semantic" / export.CARD).read_text())
    (tmp_path / "saved_model.pb").write_bytes(b"")
    image_files.write_atomically(tmp_path / export.CARD, json.dumps({**card, "strides": 4}).encode())
    with pytest.raises(errors.UserError, match="strides"):
        export.read_card(str(tmp_path))


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="no exported model here"):
        export.read_card(str(tmp_path / "absent"))
    image_files.write_atomically(tmp_path / export.CARD, config.to_json(export.ModelCard(INFO, (), None)).encode())
    with pytest.raises(errors.UserError, match="no exported model here.*saved_model.pb"):
        export.load(str(tmp_path))


def test_an_interrupted_export_leaves_nothing_half_written(
    networks: dict[str, model.SegmentationModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, directory = networks["semantic"], tmp_path / "model"

    def no_space(*arguments: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as full:
        full.setattr(image_files, "write_atomically", no_space)
        with pytest.raises(OSError, match="No space"):
            export.export(network, str(directory), None)
    assert not directory.exists()
    export.export(network, str(directory), None)
    assert export.read_card(str(directory)).size is None and [path.name for path in tmp_path.iterdir()] == ["model"]
    with monkeypatch.context() as full:
        full.setattr(image_files, "write_atomically", no_space)
        with pytest.raises(OSError, match="No space"):
            export.export(network, str(directory), (8, 8))
    assert export.read_card(str(directory)).size is None and warm_ups(directory), "the model before is still whole"
