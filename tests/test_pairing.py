"""pairing: whole pairs, and broken ones as items of their own."""

from pathlib import Path

import pytest

from seg_models import dataset, errors
from seg_models.raw import pairing


@pytest.fixture
def sources(tmp_path: Path) -> list[pairing.Source]:
    """a: whole, b: no mask, c: no image, d: two images; and files that are none of our business."""
    images, masks = ("i/a.png", "i/b.JPG", "i/d.png", "i/d.jpeg"), ("m/a_m.png", "m/c_m.png", "m/d_m.png")
    for name in (*images, *masks, "i/.a.png", "i/Thumbs.db"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return [pairing.Source("image", tmp_path / "i"), pairing.Source("mask", tmp_path / "m", "_m")]


def by_key(sources: list[pairing.Source]) -> dict[str, dataset.Item]:
    return {item.key: item for item in pairing.items(sources)}


def test_every_key_is_one_item_sorted(sources: list[pairing.Source]) -> None:
    assert [item.key for item in pairing.items(sources, prefix="p/")] == ["p/a", "p/b", "p/c", "p/d"]
    assert [key for key, item in by_key(sources).items() if pairing.is_whole(item)] == ["a"]
    pairing.check(by_key(sources)["a"])


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("b", "m/b_m.png: the mask of `b` is missing; its image .*i/b.JPG is there; add the one or remove the other"),
        ("c", "i/c.png: the image of `c` is missing; its mask .*m/c_m.png is there"),
        ("d", "i/d.jpeg and .*i/d.png: two files of one key, `d`. Keep one image"),
    ],
)
def test_a_broken_pair_says_what_is_wrong(sources: list[pairing.Source], key: str, said: str) -> None:
    with pytest.raises(errors.DataError, match=said):
        pairing.check(by_key(sources)[key])


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert list(pairing.items([pairing.Source("image", tmp_path / "nowhere")])) == []


def test_sources_at_the_end_without_a_file_may_be_withheld(sources: list[pairing.Source], tmp_path: Path) -> None:
    image, mask = sources
    empty = pairing.Source("instance", tmp_path / "nowhere")
    assert pairing.labelled([image, mask, empty]) == [image, mask]
    assert pairing.labelled([image, empty]) == [image]
    # A map without what it belongs to is no image without labels.
    assert pairing.labelled([image, empty, mask]) == [image, empty, mask]
    (tmp_path / "nowhere").mkdir()
    (tmp_path / "nowhere" / "list.txt").touch()
    assert pairing.labelled([empty]) == []
