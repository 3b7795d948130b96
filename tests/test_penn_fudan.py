"""penn_fudan: people, their poses, and where texts and masks contradict each other."""

from pathlib import Path

import numpy as np
import pytest

from seg_models import dataset, errors
from seg_models.datasets import penn_fudan
from tests import small_folder
from tests.raw_trees import penn_fudan as tree


def load_all(data_dir: Path) -> dict[str, dataset.Example]:
    config = penn_fudan.Config(str(data_dir))
    found = [item for split in ("train", "eval") for item in penn_fudan.items(config, split)]
    return {item.key: penn_fudan.load(config, item) for item in found}


def test_people_are_told_apart(tmp_path: Path) -> None:
    examples = load_all(tree.make(tmp_path))
    assert len(examples) == 6
    example = examples["FudanPed00003"]
    assert [(thing.instance, thing.source_id, thing.name) for thing in example.objects] == [
        (number, number, "PASpersonWalking") for number in (1, 2, 3)
    ]
    np.testing.assert_array_equal(example.semantic, example.instance > 0)
    assert [int((example.instance == number).sum()) for number in (1, 2, 3)] == [16 * 6, 15 * 6, 14 * 6]
    assert example.annotation == (tmp_path / "PennFudanPed" / "Annotation" / "FudanPed00003.txt").read_bytes()
    assert not any(example.findings for example in examples.values())


@pytest.mark.parametrize(
    ("old", "new", "kind", "said"),
    [
        ("(3, 5) - (8, 20)", "(3, 5) - (8, 10)", "box", "does not hold its mask, which spans (3, 5) - (8, 20)"),
        ("(3, 5) - (8, 20)", "(4, 6) - (7, 19)", "", ""),
        ("(3, 5) - (8, 20)", "(1, 1) - (30, 24)", "", ""),
        ("object 2", "object 7", "id", "object 2 has a mask, but no text"),
    ],
)
def test_contradictions_are_found(tmp_path: Path, old: str, new: str, kind: str, said: str) -> None:
    path = tree.make(tmp_path) / "PennFudanPed" / "Annotation" / "FudanPed00002.txt"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    findings = load_all(tmp_path)["FudanPed00002"].findings
    assert [finding.kind for finding in findings][:1] == ([kind] if kind else [])
    for finding in findings[:1]:
        assert "FudanPed00002.txt: object" in finding.text and said in finding.text


def test_texts_may_be_absent(tmp_path: Path) -> None:
    tree.make(tmp_path)
    (tmp_path / "PennFudanPed" / "Annotation" / "FudanPed00002.txt").unlink()
    example = load_all(tmp_path / "PennFudanPed")["FudanPed00002"]
    assert [thing.name for thing in example.objects] == ["", ""] and example.annotation == b""


def test_a_text_of_another_kind_is_refused(tmp_path: Path) -> None:
    tree.make(tmp_path)
    (tmp_path / "PennFudanPed" / "Annotation" / "FudanPed00002.txt").write_text("none\n")
    with pytest.raises(errors.DataError, match="FudanPed00002.txt: names no object"):
        load_all(tmp_path)


def test_a_mask_without_image_is_refused(tmp_path: Path) -> None:
    tree.make(tmp_path)
    small_folder.save(tmp_path / "PennFudanPed" / "PedMasks" / "X_mask.png", np.zeros((2, 2), np.uint8))
    with pytest.raises(errors.DataError, match="X.png: the image of `X` is missing; its mask"):
        load_all(tmp_path)
