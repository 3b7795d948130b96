"""Predicts images or records with an exported model: PNG maps, overlays, and the segments as JSON."""

import argparse
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import arguments as typed
from seg_models import versions

EXAMPLE = "segline predict --model runs/camvid_unet/serving street.jpg holiday/*.png --output_dir predictions"
FIELDS = ""
# What `tf.io.decode_image`, the first thing inside the exported model, takes.
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp")


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument("images", metavar="IMAGE", nargs="*", help="PNG, JPEG, GIF or BMP files, or folders of them")
    parser.add_argument(
        "--records",
        metavar="GLOB",
        nargs="+",
        default=[],
        help="record files, or the folder that `segline convert` wrote; labels are not needed, nor looked at",
    )
    parser.add_argument("--split", metavar="SPLIT", default="", help="of the records, such as test (default: all)")
    parser.add_argument(
        "--model", metavar="DIR", required=True, help="exported model, or a folder of versions: the newest"
    )
    parser.add_argument(
        "--output_dir",
        metavar="DIR",
        required=True,
        help="gets for every image NAME.semantic.png, NAME.panoptic.png (16 bits), NAME.overlay.png and NAME.json",
    )
    parser.add_argument(
        "--max_pixels", type=int, metavar="N", help="refuse larger image files as harmful (default 178956970)"
    )


class Source(NamedTuple):
    """An encoded image: the name of its results, what errors call it, its bytes, and whether it is from records."""

    name: str
    shown: str
    encoded: bytes
    is_record: bool = False


def run(arguments: argparse.Namespace) -> None:
    """Predicts one image after the other, each at its own size."""
    if not arguments.images and not arguments.records:
        raise typed.UsageError("IMAGE is missing: files, folders, or --records GLOB.")
    images = _images(arguments.images)
    from pipeline import quiet

    quiet.down()
    from seg_models import export, image_files, record_files

    if arguments.max_pixels is not None:
        image_files.limit_pixels(arguments.max_pixels)
    files = [file.path for file in record_files.find(arguments.records, arguments.split)]
    _check_keys(images, files)
    model_dir = versions.newest(arguments.model)
    card = export.read_card(model_dir)
    answer = export.load(model_dir).signatures["serving_default"]
    count = 0
    for count, source in enumerate(_sources(images, files), 1):
        _write(arguments.output_dir, source, card, _predicted(answer, source))
        logging.getLogger("segline").info("%s", source.shown)
    print(f"{count} predicted; the results are in {arguments.output_dir}")


def _sources(images: list[Path], record_paths: list[str]) -> Iterator[Source]:
    """Image files, then the images of records, one in memory at a time."""
    for path in images:
        yield Source(path.stem, str(path), path.read_bytes())
    for path, key, encoded in _stored(record_paths):
        yield Source(key, f"{path}: {key}", encoded, is_record=True)


def _stored(record_paths: list[str]) -> Iterator[tuple[str, str, bytes]]:
    """(path of the file, key, encoded image) of each record."""
    from seg_models import records

    for path in record_paths:
        with open(path, "rb") as file:
            for record in records.read(file, path):
                yield path, *records.decode_image(record)


def _check_keys(images: list[Path], record_paths: list[str]) -> None:
    """Raises UserError before anything is predicted where a record's results would be another's, or lie elsewhere."""
    from seg_models import errors, raw_files

    first = {image.stem: str(image) for image in images}
    for path, key, _ in _stored(record_paths):
        raw_files.inside(path, key)
        if key in first:
            raise errors.UserError(
                f"{first[key]} and {path} both have `{key}`, so have their results. Predict them apart."
            )
        first[key] = path


def _images(paths: list[str]) -> list[Path]:
    """The image files that paths and folders stand for.

    Raises:
      UserError: a path is missing, a folder has no image, or two images would write the same files.
    """
    from seg_models import errors

    found = [image for path in paths for image in _expanded(Path(path))]
    first: dict[str, Path] = {}
    for image in found:
        if first.setdefault(image.stem, image) != image:
            raise errors.UserError(
                f"{first[image.stem]} and {image} have one name, so have their results. Predict them apart."
            )
    return list(first.values())


def _expanded(path: Path) -> Iterator[Path]:
    from seg_models import errors

    if path.is_file():
        yield path
        return
    inside = sorted(inner for inner in path.glob("*") if inner.suffix.lower() in ENDINGS) if path.is_dir() else []
    if not inside:
        raise errors.UserError(f"{path}: {'no image in this folder' if path.is_dir() else 'no such file'}.")
    yield from inside


def _predicted(answer: Any, source: Source) -> dict[str, Any]:
    """The model's answer for one image: name -> bytes or int32 [N]."""
    import tensorflow as tf
    from seg_models import errors, image_files

    if not source.is_record:
        # Before the model has looked at it, which may take minutes and all the memory that there is.
        image_files.opened(source.encoded, source.shown)
    try:
        outputs = answer(image_bytes=tf.constant([source.encoded]))
    except tf.errors.InvalidArgumentError:
        raise errors.UserError(
            f"{source.shown}: not an image that can be read; expected a whole PNG, JPEG, GIF or BMP."
        ) from None
    return {name: value.numpy()[0] for name, value in outputs.items()}


def _write(output_dir: str, source: Source, card: Any, answer: dict[str, Any]) -> None:
    """Writes the maps, the overlay and the segments of one image."""
    from seg_models import image_files, visualize

    panoptic = "panoptic" in card.tasks
    main = "panoptic_png" if panoptic else "semantic_png"
    with image_files.of_any_size():
        values = image_files.decode(answer[main])
        picture = _rgb(source, values.shape)
    overlay = (visualize.panoptic_overlay if panoptic else visualize.semantic_overlay)(picture, values, card.info)
    files = {
        "semantic.png": answer["semantic_png"],
        "overlay.png": image_files.encode_png(overlay),
        "json": json.dumps(_segments(card, answer, source, values.shape), indent=2).encode(),
        **({"panoptic.png": answer["panoptic_png"]} if panoptic else {}),
    }
    for ending, content in files.items():
        image_files.write_atomically(os.path.join(output_dir, f"{source.name}.{ending}"), content)


def _rgb(source: Source, shape: tuple[int, int]) -> Any:
    """The image as the model saw it, uint8 [H, W, 3]: of an animation the first frame."""
    from seg_models import image_files

    picture = image_files.decode_rgb(source.encoded, source.shown)
    assert picture.shape[:2] == shape, f"{source.shown}: PIL and TensorFlow decode different sizes"
    return picture


def _segments(card: Any, answer: dict[str, Any], source: Source, shape: tuple[int, int]) -> dict[str, Any]:
    """The segments of one image for a JSON file."""
    columns = (answer["segment_id"].tolist(), answer["segment_category"].tolist(), answer["segment_area"].tolist())
    segments = [
        {"id": number, "category_id": category, "category": card.info.names[category], "area": area}
        for number, category, area in zip(*columns)
        if number >= 0
    ]
    return {"image": source.shown, "height": shape[0], "width": shape[1], "segments": segments}
