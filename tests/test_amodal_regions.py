"""Regions drawn whole: every way in which a JSON tells what is hidden, several people, malformed regions."""

import json
from pathlib import Path

import numpy as np
import pytest

from seg_models import dataset, errors, truth_checks
from seg_models.raw import amodal_regions
from tests.raw_trees import cocoa as tree


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A JSON with an image beside it."""
    tree.save_image(tmp_path, "a.jpg", 1)
    (tmp_path / "a.json").write_text(json.dumps(tree.annotation(1, tree.BOXES, "somebody")))
    return tmp_path / "a.json"


def loaded(path: Path) -> dataset.Example:
    (item,) = amodal_regions.items_of_pairs(path.parent)
    assert item.key == "a"
    return amodal_regions.load(item)


def change(path: Path, region: int, values: dict[str, object], *without: str) -> None:
    content = json.loads(path.read_text())
    content["regions"][region] |= values
    for name in without:
        del content["regions"][region][name]
    path.write_text(json.dumps(content))


def test_numbers_at_odds_with_masks_are_found(path: Path) -> None:
    assert not loaded(path).findings
    change(path, 0, {"area": 95})
    change(path, 2, {"occlude_rate": 0.3})
    change(path, 4, {"occlude_rate": 0.0694})
    findings = loaded(path).findings
    assert [finding.kind for finding in findings] == ["area", "area"]
    assert findings[0].text == f'{path}: a: region 1 ("thing 1 "): `area` is 95, but its outline holds 96 pixels.'
    assert "`occlude_rate` is 0.300, but 0.500 of its pixels are hidden" in findings[1].text


def test_what_is_seen_outside_the_outline_is_found(path: Path) -> None:
    change(path, 2, {"visible_mask": tree.runs(np.ones((tree.HEIGHT, tree.WIDTH), bool))})
    info = dataset.DatasetInfo("a", amodal_regions.CATEGORIES, amodal_regions.RAW_VALUES, tasks=amodal_regions.TASKS)
    kinds = [finding.kind for finding in truth_checks.findings(loaded(path), info, "a")]
    assert kinds == ["area", "amodal"]


@pytest.mark.parametrize("without", [("visible_mask",), ("invisible_mask",)])
def test_one_of_the_two_masks_is_enough(path: Path, without: tuple[str, ...]) -> None:
    change(path, 2, {}, *without)
    example = loaded(path)
    seen = truth_checks.visible(example, example.objects[2])
    assert seen.sum() == 48 and seen[4:12, 16:22].all()


def test_masks_as_polygons_and_as_several(path: Path) -> None:
    corners = [[16.0, 4.0, 22.0, 4.0, 22.0, 8.0, 16.0, 8.0], [16.0, 8.0, 22.0, 8.0, 22.0, 12.0, 16.0, 12.0]]
    change(path, 2, {"visible_mask": corners})
    assert truth_checks.visible(loaded(path), loaded(path).objects[2])[4:12, 16:22].sum() == 48
    change(path, 2, {"visible_mask": corners[0]})
    assert (loaded(path).instance == 3).sum() == 24


def test_without_rate_and_name(path: Path) -> None:
    change(path, 0, {}, "occlude_rate", "name", "area")
    thing = loaded(path).objects[0]
    assert thing.occlusion is None and thing.name == "" and not loaded(path).findings


@pytest.mark.parametrize(
    ("values", "without", "message"),
    [
        ({}, ("segmentation",), "region 1 .*: no `segmentation`; it has name"),
        ({}, ("order",), r"region \? .*: no `order`"),
        ({"order": 0}, (), "`order` 0; expected 0 or 1, and 1 for the nearest"),
        ({"isStuff": 2}, (), "`isStuff` 2 and"),
        ({"segmentation": [1, 2, 3, 4, 5]}, (), "a polygon has 5 numbers"),
        ({"visible_mask": {"size": [4, 4], "counts": "P4"}}, (), r"`size` `\[4, 4\]`; expected .* = \[40, 48\]"),
        ({"visible_mask": {"size": [40, 48], "counts": [7]}}, (), "the run lengths add up to 7 pixels"),
    ],
)
def test_malformed_regions_are_named(
    path: Path, values: dict[str, object], without: tuple[str, ...], message: str
) -> None:
    change(path, 0, values, *without)
    with pytest.raises(errors.DataError, match=f"^{path}: a: .*{message}"):
        loaded(path)


@pytest.mark.parametrize("content", ["[]", "{}", '{"regions": 1}', '{"regions": [1]}'])
def test_a_json_of_another_kind(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(errors.DataError, match=f"^{path}: a: no `regions` in it"):
        loaded(path)
    path.write_text(content[:-1])
    with pytest.raises(errors.DataError, match=f"^{path}: not JSON, or truncated"):
        loaded(path)
