"""listing: order, duplicate keys, dealing out, the fingerprint."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from seg_models import dataset, errors, listing
from seg_models.datasets import folder
from tests import small_folder


def config(root: Path) -> folder.Config:
    return folder.Config(data_dir=str(root))


def entries(count: int) -> list[listing.Listed]:
    return [listing.Listed(dataset.Item(f"{index}")) for index in range(count)]


def test_all_items_are_listed_by_split_and_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = config(small_folder.make(tmp_path))
    listed = listing.items(made)
    original = folder.items

    def backwards(made: folder.Config, split: str) -> Iterator[dataset.Item]:
        yield from reversed(list(original(made, split)))

    monkeypatch.setattr(folder, "items", backwards)
    assert listing.items(made) == listed
    assert [entry.item.key for entry in listed["train"]] == sorted(entry.item.key for entry in listed["train"])
    assert sum(map(len, listed.values())) == 12
    assert not any(entry.problem for several in listed.values() for entry in several)


def test_a_key_in_two_splits_is_a_problem_of_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = {"train": ["a", "b"], "eval": ["b"]}

    def items(made: folder.Config, split: str) -> list[dataset.Item]:
        return [dataset.Item(key, (("image", f"{split}/{key}"),)) for key in twice[split]]

    monkeypatch.setattr(folder, "items", items)
    listed = listing.items(config(small_folder.make(tmp_path)))
    problems = {(split, entry.item.key): entry.problem for split, several in listed.items() for entry in several}
    assert problems["train", "a"] == ""
    assert problems["train", "b"] == problems["eval", "b"]
    assert problems["eval", "b"].startswith("eval/b (eval) and train/b (train): 2 items of one key, `b`.")


def test_an_empty_split_is_an_error_where_it_is_required(tmp_path: Path) -> None:
    made = config(small_folder.make(tmp_path, count=1))
    assert list(listing.items(made)) == ["train"]
    with pytest.raises(errors.UserError, match=f"`tiny_streets` in {tmp_path} has no items in its split `eval`"):
        listing.items(made, listing.FOR_TRAINING)


def test_no_items_at_all_are_an_error(tmp_path: Path) -> None:
    made = config(small_folder.make(tmp_path, count=0))
    (tmp_path / "images").mkdir()
    with pytest.raises(errors.UserError, match="has no items in any of its splits, train, eval"):
        listing.items(made)


@pytest.mark.parametrize(
    ("items", "asked", "shards"), [(1, 0, 1), (2, 0, 2), (150, 0, 2), (201, 0, 3), (5, 3, 3), (2, 9, 2)]
)
def test_items_are_dealt_out_evenly(items: int, asked: int, shards: int) -> None:
    dealt = listing.deal(entries(items), asked)
    sizes = [len(shard) for shard in dealt]
    assert len(sizes) == shards
    assert max(sizes) - min(sizes) <= 1 and min(sizes) >= 1
    assert sorted(entry.item.key for shard in dealt for entry in shard) == sorted(str(index) for index in range(items))


def test_the_seed_alone_decides_the_order() -> None:
    dealt = listing.deal(entries(50), 3, seed=1)
    assert listing.deal(entries(50)[::-1], 3, seed=1) == dealt
    assert listing.deal(entries(50), 3, seed=2) != dealt
    assert [entry.item.key for entry in dealt[0]] != sorted(entry.item.key for entry in dealt[0])


def test_the_fingerprint_sees_every_change_and_nothing_else(tmp_path: Path) -> None:
    made = config(small_folder.make(tmp_path))
    seen = [listing.fingerprint(made)]
    assert listing.fingerprint(made) == listing.fingerprint(config(tmp_path), listing.items(made)) == seen[0]

    def changed() -> bool:
        seen.append(listing.fingerprint(made))
        return len(set(seen)) == len(seen)

    image = tmp_path / "images" / "003.png"
    image.write_bytes(image.read_bytes() + b" ")
    assert changed()
    os.utime(tmp_path / "masks" / "003.png", ns=(0, 0))
    assert changed()
    (tmp_path / "images" / "004.png").rename(tmp_path / "images" / "x.png")
    assert changed()
    (tmp_path / "classes.yaml").write_text(small_folder.CLASSES.replace("[255]", "[254]"))
    assert changed()
    seen.append(listing.fingerprint(folder.Config(data_dir=str(tmp_path), eval_fraction=0.3)))
    assert len(set(seen)) == len(seen)
    (tmp_path / "notes.txt").write_text("not a source file")
    assert not changed()
