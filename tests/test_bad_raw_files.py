"""Damaged, odd and hostile raw files: every data set answers with an error that names the file, and nothing is lost.

Each test looks at all files of a data set and lists what it holds against it, so one failure tells all.
"""

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from components import conversion
from seg_models import dataset, errors, image_files, image_structure, raw_files
from tests import raw_tree, small_folder, test_conversion

# (data set, role, damage) that nobody can tell: a file among many of a folder, a list that ends early.
UNSEEN = {("dsb2018", "masks", "missing"), ("oxford_iiit_pet", "list", "truncated")}
# The annotations of a whole split, without which it counts as not downloaded.
WHOLE_SPLITS = ("annotations", "solution")
# Polygons that are kept as text, while maps say what is where.
TEXTS = {("cityscapes", "polygons"), ("sun_rgbd", "annotation")}
COMPRESSED = (".png", ".jpg", ".tif", ".gif")


@pytest.fixture(scope="module", params=raw_tree.NAMES)
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> raw_tree.RawTree:
    """Each data set's made tree; a test leaves it as it was."""
    return raw_tree.make(request.param, tmp_path_factory.mktemp(request.param) / "raw")


def damages(content: bytes) -> dict[str, bytes | None]:
    return {
        "truncated": content[: len(content) // 2],
        "empty": b"",
        "text": b"This is not the file you want.\n",
        "noise": bytes(range(256)) * 4,
        "missing": None,
    }


def is_taken(name: str, role: str, damage: str) -> bool:
    """Whether a damage may go unnoticed."""
    if damage == "missing" and role in WHOLE_SPLITS:
        return True
    return (name, role, damage) in UNSEEN or ((name, role) in TEXTS and damage in ("truncated", "text", "noise"))


def test_a_damaged_file_is_named(tree: raw_tree.RawTree) -> None:
    held_against = []
    for item, role, path in tree.files():
        for name, content in damages(path.read_bytes()).items():
            with raw_tree.damaged(path, content):
                told = raw_tree.error_of(tree.load, item) or raw_tree.error_of(tree.load_all)
            if told is None and not is_taken(tree.name, role, name):
                held_against.append(f"{role} {path.name}, {name}: taken")
            # Of a missing file only the place is known, not the ending.
            if told and path.stem not in str(told):
                held_against.append(f"{role} {path.name}, {name}: not named in `{told}`")
    assert not held_against, "\n".join(held_against)


def variants(pixels: Image.Image) -> Iterator[tuple[str, bytes]]:
    """(kind, encoded) of an image in every odd form that cameras and scanners give."""
    turned = Image.Exif()
    turned[image_files.ORIENTATION_TAG] = 6
    deep = Image.fromarray(np.asarray(pixels.convert("L")).astype(np.uint16) * 257)
    forms = (
        ("CMYK", pixels.convert("CMYK"), {"format": "JPEG"}),
        ("turned", pixels.convert("RGB"), {"format": "JPEG", "exif": turned}),
        ("grey", pixels.convert("L"), {"format": "JPEG"}),
        ("alpha", pixels.convert("RGBA"), {"format": "PNG"}),
        ("16 bits", deep, {"format": "PNG"}),
        ("palette", pixels.convert("RGB").quantize(8), {"format": "PNG"}),
    )
    for kind, image, options in forms:
        buffer = io.BytesIO()
        image.save(buffer, **options)
        yield kind, buffer.getvalue()


def test_an_odd_image_is_kept_or_refused(tree: raw_tree.RawTree) -> None:
    held_against = []
    for item, role, path in tree.files():
        if role != "image":
            continue
        before = tree.load(item)
        for kind, content in variants(Image.open(path)):
            with raw_tree.damaged(path, content):
                told = raw_tree.error_of(tree.load, item)
                example = None if told else tree.load(item)
            if told and path.name not in str(told):
                held_against.append(f"{path.name}, {kind}: not named in `{told}`")
            if example and example.image_bytes != content:
                held_against.append(f"{path.name}, {kind}: changed")
            if example and not np.array_equal(example.semantic, before.semantic):
                held_against.append(f"{path.name}, {kind}: other labels")
            if kind == "CMYK" and not told:
                held_against.append(f"{path.name}, {kind}: taken")
    assert not held_against, "\n".join(held_against)


def wrong_maps(image: Image.Image) -> Iterator[tuple[str, bytes]]:
    """(what is wrong, encoded) of a map."""
    values = np.asarray(image)
    grey = values if values.ndim == 2 else values[..., 0]
    stray = values.copy()
    stray.flat[0] = 1 - stray.flat[0] if values.dtype == bool else 251
    buffer = io.BytesIO()
    Image.fromarray(grey.astype(np.uint8)).save(buffer, "JPEG")
    yield "smaller", image_files.encode_png(grey[:, :-1])
    yield "turned", image_files.encode_png(grey.T)
    yield "a stray value", image_files.encode_png(stray.astype(values.dtype if values.dtype == np.uint16 else np.uint8))
    yield "16 bits", image_files.encode_png(grey.astype(np.uint16) * 257 if grey.max() < 256 else grey)
    yield "colours", image_files.encode_png(np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2))
    yield "JPEG", buffer.getvalue()
    yield "bomb", bomb()


def bomb() -> bytes:
    """A small PNG that says it is 60000x60000."""
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    return image_structure.PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    )


def test_a_wrong_map_is_named_or_keeps_the_contract(tree: raw_tree.RawTree) -> None:
    held_against = []
    listed = {value for value, _ in tree.info.raw_values}
    for item, role, path in tree.files():
        try:
            image = Image.open(path)
            image.load()
        except (UnidentifiedImageError, OSError):
            continue
        for wrong, content in wrong_maps(image):
            if role == "image" and wrong != "bomb":
                continue
            with raw_tree.damaged(path, content):
                told = raw_tree.error_of(tree.load, item)
                example = None if told else tree.load(item)
            if told and path.name not in str(told):
                held_against.append(f"{role} {path.name}, {wrong}: not named in `{told}`")
            if example and wrong in ("smaller", "turned", "JPEG", "bomb"):
                held_against.append(f"{role} {path.name}, {wrong}: taken")
            if example and not set(example.raw_histogram) <= listed:
                held_against.append(f"{role} {path.name}, {wrong}: unlisted values")
            if told and wrong == "bomb" and path.suffix in COMPRESSED and "--max_pixels" not in str(told):
                held_against.append(f"{role} {path.name}, {wrong}: no word of the limit in `{told}`")
    assert not held_against, "\n".join(held_against)


def has_pictures(item: dataset.Item) -> bool:
    """Whether an item has files of its own that PIL reads."""
    return any(path.endswith(COMPRESSED) for _, path in item.paths)


def test_an_image_above_the_limit_is_refused(tree: raw_tree.RawTree) -> None:
    with raw_tree.limited(4):
        for _, item in tree.items:
            if not has_pictures(item):
                continue
            assert "--max_pixels" in str(raw_tree.error_of(tree.load, item))


def test_an_unreadable_folder_or_file_is_named(tree: raw_tree.RawTree, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests may run as root, who may read everything.
    def locked(path: object, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", locked)
        # A data set of files with fixed names looks into no folder.
        told = raw_tree.error_of(tree.load_all)
        assert told is None or ("cannot be read (Permission denied)" in str(told) and str(tree.root) in str(told))
    with monkeypatch.context() as patch:
        patch.setattr(io, "open", locked)
        for _, item in tree.items:
            if not has_pictures(item):
                continue
            told = str(raw_tree.error_of(tree.load, item))
            assert "cannot be read (Permission denied)" in told and str(tree.root) in told


@pytest.mark.parametrize("name", raw_tree.NAMES)
def test_folders_may_be_called_anything(name: str, tmp_path: Path) -> None:
    plain = raw_tree.make(name, tmp_path / "plain")
    foreign = raw_tree.make(name, tmp_path / "Größe 名 前 (1), a%20b [x] 'y'.zipped")
    assert foreign.load_all() == plain.load_all()


def test_odd_names_are_kept_and_a_broken_item_is_counted(tmp_path: Path) -> None:
    root, names = small_folder.make(tmp_path / "raw", count=110), {"000": "Größe 名 (1)", "001": " a  b'c"}
    for kind in ("images", "masks", "instances"):
        for old, new in names.items():
            (root / kind / f"{old}.png").rename(root / kind / f"{new}.png")
    broken = root / "images" / "002.png"
    broken.write_bytes(broken.read_bytes()[:-9])
    config, out = test_conversion.config(root), tmp_path / "out"
    written = conversion.convert(config, str(out), test_conversion.on_workers(), test_conversion.skipping())
    skipped = [entry for split in written.splits.values() for entry in split.skipped]
    assert [key for key, _ in skipped] == ["002"] and str(broken) in skipped[0][1]
    read = [example for split in written.splits for example in test_conversion.read(out, split)]
    expected = {path.stem: path.read_bytes() for path in (root / "images").iterdir() if path != broken}
    assert {example.key: example.image_bytes for example in read} == expected


def test_a_name_that_is_not_text_is_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff.png")).write_bytes(b"x")
    (tmp_path / "b.png").touch()
    with pytest.raises(errors.UserError, match=r"the file name b'\\xff.png' is not UTF-8"):
        raw_files.names(tmp_path)


def test_json_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(errors.DataError, match="a.json: not JSON"):
        raw_files.json(tmp_path / "a.json")
