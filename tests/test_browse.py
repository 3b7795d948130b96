"""browse: what is counted is what is there, the page shows it, memory does not grow, broken records do not stop it."""

import dataclasses
import html.parser
import json
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from components import browsing, conversion
from pipeline import cli, quiet
from seg_models import dataset, errors, image_files, manifest, record_files, records, truth_checks
from seg_models.browse import agreement, findings, page, pictures, scan, statistics
from seg_models.datasets import folder, toy_streets
from tests import small_folder, test_conversion

HOSTILE = 'a<script>alert("x")</script>'
VOID_ELEMENTS = {"meta", "img"}
SCENES = toy_streets.Config(images_train=6, images_eval=3, height=48, width=64)


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process must not silence the tests after them."""
    monkeypatch.setattr(quiet, "down", lambda: None)


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of toy_streets."""
    out = tmp_path_factory.mktemp("streets")
    conversion.convert(SCENES, str(out), test_conversion.on_workers())
    return out


def browsed(out: Path, output_dir: Path, images: int = 2, workers: int = 1) -> page.Content:
    files = record_files.find([str(out)])
    return browsing.browse(files, str(output_dir), test_conversion.on_workers(workers), browsing.Settings(images))


class Checked(html.parser.HTMLParser):
    """Fails on elements that are not closed in order; gathers text and links."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text())
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        named = dict(attrs)
        self.links += [named[name] for name in ("src", "href") if name in named]
        self.ids |= {named["id"]} if "id" in named else set()
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_counted_is_what_is_there(streets: Path, tmp_path: Path, workers: int) -> None:
    found = browsed(streets, tmp_path, workers=workers).found
    known = manifest.read(streets)
    for split, several in (("train", 6), ("eval", 3)):
        classes = found.splits[split]
        assert classes.all_images == several == classes.labelled_images
        assert tuple(classes.pixels.tolist()) == known.splits[split].class_pixels
        assert classes.void_pixels == known.splits[split].void_pixels
        examples = [toy_streets.load(SCENES, item) for item in toy_streets.items(SCENES, split)]
        for train_id in range(8):
            assert classes.images[train_id] == sum((each.semantic == train_id).any() for each in examples)
            things = [thing for each in examples for thing in each.objects if thing.category == train_id]
            assert classes.objects[train_id] == len(things)
    assert found.widths == {64: 9} and found.heights == {48: 9} and sum(found.objects.values()) == 9
    assert not found.findings.counts and found.findings.items == {"train": 6, "eval": 3}


def test_sizes_and_occlusion_of_objects() -> None:
    example = toy_streets.load(SCENES, next(toy_streets.items(SCENES, "train")))
    found = statistics.Statistics()
    found.add(example, toy_streets.INFO, "train")
    for thing in example.objects:
        area = int(truth_checks.visible(example, thing).sum())
        hidden = 1 - area / thing.amodal.sum()
        if area:
            low, high = (statistics.SIZE_STEP ** (statistics.size_bin(area) + step) for step in (0, 1))
            assert low - 1e-6 <= area**0.5 < high
            assert found.sizes[statistics.size_bin(area)]
        assert found.occlusions[min(int(hidden * statistics.BINS), statistics.BINS - 1)]
    assert [statistics.size_bin(side * side) for side in (1, 2, 4, 8, 1024)] == [0, 2, 4, 6, 20]


def test_parts_add_up_to_the_whole_in_any_order() -> None:
    examples = [toy_streets.load(SCENES, item) for item in toy_streets.items(SCENES, "train")]

    def counted(several: list[dataset.Example]) -> statistics.Statistics:
        found = statistics.Statistics()
        for example in several:
            found.add(example, toy_streets.INFO, "train")
            found.choose("random", statistics.Chosen(example.key[-1], example.key, "train", "x", 0), 2)
        return found

    whole = counted(examples)
    parts = [counted(examples[:2]), counted(examples[2:5]), counted(examples[5:])]
    for order in (parts, parts[::-1]):
        total = statistics.merged(pickle.loads(pickle.dumps(order)), 2)
        assert total.chosen == whole.chosen and total.sizes == whole.sizes and total.occlusions == whole.occlusions
        np.testing.assert_array_equal(total.splits["train"].pixels, whole.splits["train"].pixels)
        assert total.images == 6


def test_memory_does_not_grow_with_the_records(tmp_path: Path) -> None:
    example = toy_streets.load(SCENES, next(toy_streets.items(SCENES, "train")))
    # An instance that no object has: one doubt a record.
    example = dataclasses.replace(example, findings=(dataset.Finding("area", "x.json: 1, not 2."),))

    def size(count: int) -> int:
        path = tmp_path / f"{count}.tfrecord"
        with path.open("wb") as file:
            for index in range(count):
                records.write(file, records.encode(dataclasses.replace(example, key=f"{index:06d}")))
        with path.open("rb") as file:
            found = scan.file_statistics(records.read(file), str(path), "train", toy_streets.INFO, 3)
        assert found.findings.counts == {("area", "train"): count} and found.images == count
        return len(pickle.dumps(found))

    # Numbers become longer, nothing more is kept.
    assert size(120) < size(12) + 300


def test_the_page_is_whole(streets: Path, tmp_path: Path) -> None:
    content = browsed(streets, tmp_path, images=3)
    parsed = Checked(tmp_path / "index.html")
    targets = [link for link in parsed.links if link.startswith("#")]
    assert {link[1:] for link in targets} == parsed.ids == {"findings", "classes", "distributions", "images"}
    shown = {link for link in parsed.links if not link.startswith("#")}
    assert shown == {f"pictures/{path.name}" for path in (tmp_path / "pictures").iterdir()}
    assert len(content.shown[scan.RANDOM]) == 3
    captions = [caption for caption, _ in content.shown[scan.RANDOM][0].pictures]
    assert captions == ["Image", "Classes", "Objects", "Whole extents"]
    assert "Nothing doubtful in 9 images" in parsed.text and "train 6, eval 3" in parsed.text
    share = content.found.splits["train"].pixels / content.found.splits["train"].pixels.sum()
    assert f"{100 * share[1]:.2f} %" in parsed.text


def test_the_same_images_are_chosen_however_they_are_read(streets: Path, tmp_path: Path) -> None:
    one, two = (browsed(streets, tmp_path / str(workers), workers=workers) for workers in (1, 2))
    assert one.found.chosen == two.found.chosen
    names = [sorted(path.name for path in (tmp_path / str(n) / "pictures").iterdir()) for n in (1, 2)]
    assert names[0] == names[1]


def test_an_earlier_page_is_replaced_and_other_files_stay(streets: Path, tmp_path: Path) -> None:
    browsed(streets, tmp_path, images=4)
    (tmp_path / "pictures" / "mine.jpg").touch()
    browsed(streets, tmp_path, images=1)
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert len(names) == 1 + 4 and "mine.jpg" in names
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "pictures"]


def test_doubtful_records_are_counted_and_shown(tmp_path: Path) -> None:
    raw = small_folder.make(tmp_path / "raw")
    small_folder.save(raw / "masks" / "003.png", np.full((24, 32), 255, np.uint8))
    conversion.convert(folder.Config(data_dir=str(raw)), str(tmp_path / "out"), test_conversion.on_workers())
    content = browsed(tmp_path / "out", tmp_path / "page")
    assert content.found.findings.counts == {("empty", "train"): 1}
    assert [shown.chosen.key for shown in content.shown[scan.DOUBTFUL]] == ["003"]
    text = Checked(tmp_path / "page" / "index.html").text
    assert "`003`: no pixel is labelled, all are void" in text


def test_broken_records_do_not_stop_it(streets: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for path in (file for file in streets.rglob("*") if file.is_file()):
        copy = out / path.relative_to(streets)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    truncated, tampered = sorted((out / "Split-train").iterdir())
    truncated.write_bytes(truncated.read_bytes()[:-1])
    with tampered.open("rb") as file:
        whole = list(records.read(file))
    with tampered.open("wb") as file:
        for record in [b"\x0a\xff", *whole[1:]]:
            records.write(file, record)
    sorted((out / "Split-eval").iterdir())[0].unlink()
    content = browsed(out, tmp_path / "page")
    found = content.found.findings
    texts = " ".join(each.text for several in found.first.values() for each in several)
    assert f"{truncated}: record 2 is truncated" in texts and f"{tampered}: record 0 cannot be decoded" in texts
    assert "it is missing" in texts and "4 records of the split train can be used, 6 were written" in texts


def test_the_findings_of_verify_are_shown(streets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = [{"split": "train", "key": str(n), "kind": "overlap", "text": f"{HOSTILE} {n}"} for n in range(30)]
    path = tmp_path / "findings.json"
    path.write_text(json.dumps({"dataset": "x", "items": {"train": 30}, "counts": [], "findings": told}))
    verified = findings.read(tmp_path)
    assert verified.summary.counts == {("overlap", "train"): 30}
    assert len(verified.summary.first["overlap"]) == findings.SENTENCES
    command = ["browse", "--records", str(streets), "--output_dir", str(tmp_path / "page"), "--images", "1"]
    assert cli.main([*command, "--findings", str(path), "--direct_num_workers", "1"]) == 0
    assert "9 images; the page is" in capsys.readouterr().out
    text = Checked(tmp_path / "page" / "index.html").text
    assert f"{HOSTILE} 19" in text and "and 10 more" in text and f"{HOSTILE} 20" not in text
    path.write_text("{}")
    assert cli.main([*command, "--findings", str(path)]) == 1
    assert "not the findings.json" in capsys.readouterr().err


def several_people(index: int, shift: int) -> dataset.Example:
    """An image with the regions of two people, `shift` pixels apart."""
    regions = np.ones((2, 24, 32), np.uint8)
    regions[0, :, 16:], regions[1, :, 16 + shift :] = 2, 2
    image = np.random.default_rng(index).integers(0, 256, (24, 32, 3), np.uint8)
    maps = {f"annotator/{number}/regions": values for number, values in enumerate(regions)}
    return dataset.Example(f"{HOSTILE}{index}", image_files.encode_png(image), "png", 24, 32, maps=maps)


def test_annotators_side_by_side(tmp_path: Path) -> None:
    info = dataset.DatasetInfo(HOSTILE, (dataset.Category("region", (1, 2, 3)),), ((1, 0),), tasks=("regions",))
    path = tmp_path / "out" / manifest.split_folder("train") / manifest.shard_name(0, 1)
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        for index, shift in enumerate((0, 8, 2)):
            records.write(file, records.encode(several_people(index, shift)))
    split = manifest.SplitManifest(3, (manifest.Shard(path.name, 3, "x"),))
    (tmp_path / "out" / manifest.FILE).write_text(manifest.to_json(manifest.Manifest(info, {"train": split})))
    content = browsed(tmp_path / "out", tmp_path / "page")
    assert [shown.chosen.key[-1] for shown in content.shown[scan.APART]] == ["1", "2"]
    assert [caption for caption, _ in content.shown[scan.APART][0].pictures] == ["Image", "Annotator 1", "Annotator 2"]
    assert content.found.annotators == {2: 3}
    measure = content.found.agreement[agreement.COVERING]
    # Halves of 16 columns against parts of 24 and 8: IoUs 16/24, 8/16 both ways.
    of_second = (16 * 16 / 24 + 16 * 8 / 16 + 24 * 16 / 24 + 8 * 8 / 16) / 64
    of_third = (16 * 16 / 18 + 16 * 14 / 16 + 18 * 16 / 18 + 14 * 14 / 16) / 64
    assert measure.mean == pytest.approx((1 + of_second + of_third) / 3) and measure.bins.sum() == 3
    text = Checked(tmp_path / "page" / "index.html").text
    assert f"{measure.mean:.3f}" in text and "3 images have several annotators (2 in 3)" in text and HOSTILE in text


def test_pictures_have_a_bounded_size_and_keep_the_shape() -> None:
    for height, width in ((24, 32), (1000, 2000), (3, 700)):
        image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        instance = np.zeros((height, width), np.int32)
        instance[: height // 2] = 1
        over = np.ones((height, width), bool)
        objects = (dataset.Object(0, 1), dataset.Object(0, 0, mask=over, amodal=over))
        info = dataset.DatasetInfo("made", (dataset.Category("car", (9, 9, 9), True),), ())
        example = dataset.Example("x", image_files.encode_png(image), "png", height, width, None, instance, objects)
        drawn = dict(pictures.drawn(example, info))
        assert list(drawn) == ["Image", "Objects", "Whole extents"]
        for picture in drawn.values():
            assert picture.dtype == np.uint8 and max(picture.shape) <= pictures.LONGEST
            assert abs(picture.shape[1] / picture.shape[0] / (width / height) - 1) < 0.25
            assert image_files.decode(pictures.jpeg(picture)).shape == picture.shape


def test_file_names_are_those_of_a_web_page(tmp_path: Path) -> None:
    assert re.fullmatch(r"[\w.-]+", browsing._file_name("ä/b c?#/d.png"))
    with pytest.raises(errors.UserError, match="`images` is -1"):
        browsing.Settings(-1)


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["--output_dir", "x"], 2, "--records"),
        (["--records", "nowhere", "--output_dir", "x"], 1, "nowhere: no such record file"),
        (["--records", "x", "--output_dir", "x", "--imagess", "3"], 2, "Did you mean `--images`"),
        (["--records", "x", "--output_dir", "x", "--images", "-1"], 2, "expected 0 or more"),
    ],
)
def test_a_wrong_command(argv: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["browse", *argv]) == code
    assert message in capsys.readouterr().err


def test_records_without_a_manifest(streets: Path, tmp_path: Path) -> None:
    path = tmp_path / "records.tfrecord"
    path.write_bytes(sorted((streets / "Split-train").iterdir())[0].read_bytes())
    with pytest.raises(errors.UserError, match="no manifest.json beside these records"):
        browsing.browse(record_files.find([str(path)]), str(tmp_path / "page"), test_conversion.on_workers())
