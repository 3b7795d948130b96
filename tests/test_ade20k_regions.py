"""The annotation files of full ADE20K: MATLAB's JSON, the older text, and both encodings."""

import json

import pytest

from seg_models import errors
from seg_models.raw import ade20k_regions


def _entry(**fields: object) -> dict:
    whole = {"id": 3, "name_ndx": 401, "raw_name": "car", "instance_mask": "a/b.png", "parts": {"part_level": 1}}
    return {**whole, **fields}


def _parsed(entries: object, encoding: str = "utf-8") -> tuple[ade20k_regions.Region, ...]:
    text = json.dumps({"annotation": {"object": entries}}, ensure_ascii=False)
    return ade20k_regions.parse(text.encode(encoding), "a.json")


def test_a_list_of_one_is_that_one() -> None:
    expected = (ade20k_regions.Region(identity=3, level=1, number=401, name="car", mask="a/b.png"),)
    assert _parsed([_entry()]) == _parsed(_entry()) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_both_encodings(encoding: str) -> None:
    assert _parsed([_entry(raw_name="caf\u00e9")], encoding)[0].name == "caf\u00e9"


def test_an_empty_list_is_nothing() -> None:
    (region,) = _parsed([_entry(name_ndx=[], raw_name=[], instance_mask=[])])
    assert (region.number, region.name, region.mask) == (0, "", "")


def test_the_older_text() -> None:
    text = '001 # 0 # 1 # sky # sky # ""\n\n001 # 1 # 0 # rim # wheel rim # "shiny, round"\n'
    first, second = ade20k_regions.parse(text.encode(), "a_atr.txt")
    assert (first.identity, first.level, first.name) == (1, 0, "sky")
    assert (second.identity, second.level, second.name) == (1, 1, "wheel rim")
    with pytest.raises(errors.DataError, match="line 2 is `x # 0`"):
        ade20k_regions.parse(b"001 # 0 # 1 # sky # sky # \nx # 0\n", "a_atr.txt")
