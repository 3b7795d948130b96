"""The classes of full ADE20K: the published selections, and names out of index files that may not run code."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from seg_models import errors
from seg_models.raw import ade20k_classes


def test_names_are_those_of_the_table(shared_data: Path) -> None:
    named = {}
    for path in (shared_data / "ade20k_full").rglob("*.json"):
        for entry in json.loads(path.read_bytes())["annotation"]["object"]:
            named[entry["name_ndx"]] = entry["name"]
    for selection in ("847", "150"):
        table = ade20k_classes.table(selection, Path())
        assert len(table.categories) == int(selection)
        known = {value: table.categories[train_id].name for value, train_id in table.raw_values if train_id is not None}
        shared = {number: name for number, name in known.items() if number in named}
        assert len(shared) > 15
        assert selection == "150" or shared == {number: named[number] for number in shared}


def test_names_out_of_a_pickle(tmp_path: Path) -> None:
    counts = np.ones((4, 3), np.float32)
    index = {"objectnames": ["-", "wall", "door", "door"], "objectPresence": counts, "scene": np.array(["/a"])}
    (tmp_path / "index_ade20k.pkl").write_bytes(pickle.dumps(index))
    table = ade20k_classes.table("all", tmp_path)
    assert [category.name for category in table.categories] == ["wall", "door (3)", "door (4)"]
    assert table.raw_values == ((0, None), (1, None), (2, 0), (3, 1), (4, 2))


class _Attack:
    def __reduce__(self) -> tuple:
        return os.system, ("touch attacked",)


def test_a_pickle_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "index_ade20k.pkl").write_bytes(pickle.dumps({"objectnames": [_Attack()]}))
    with pytest.raises(errors.UserError, match="system` in it is refused"):
        ade20k_classes.names(tmp_path)
    assert not (tmp_path / "attacked").exists()
