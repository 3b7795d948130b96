"""registry: the folder is the list, the nearest spelling is offered."""

import pytest

from seg_models import errors, registry
from seg_models.datasets import camvid, tfds


def test_lists_the_files_of_a_package_sorted() -> None:
    names = registry.available("seg_models.datasets")
    assert {"camvid", "folder"} <= set(names)
    assert names == sorted(names)
    assert not any(name.startswith("_") for name in names)


def test_finds_a_module_by_its_file_name() -> None:
    assert registry.find("seg_models.datasets", "camvid").INFO.name == "camvid"


def test_an_unknown_name_gets_the_nearest_and_all_known() -> None:
    with pytest.raises(errors.UserError, match=r"No `camvit` among datasets. Did you mean `camvid`\? Known: .*folder"):
        registry.find("seg_models.datasets", "camvit")


def test_a_name_unlike_all_gets_no_suggestion() -> None:
    with pytest.raises(errors.UserError) as caught:
        registry.find("seg_models.datasets", "zzzzzz")
    assert "Did you mean" not in str(caught.value)


def test_what_follows_a_colon_is_the_modules_to_read() -> None:
    assert registry.config("seg_models.datasets", "tfds:voc/2012") == tfds.Config(builder="voc/2012")
    assert registry.config("seg_models.datasets", "camvid") == camvid.Config()
    with pytest.raises(errors.UserError, match="`camvid:x`: nothing is told `camvid` after a `:`"):
        registry.config("seg_models.datasets", "camvid:x")


def test_a_name_is_checked_against_any_names() -> None:
    registry.check("the splits of a", "eval", iter(("train", "eval")))
    said = r"^No `val` among the splits of a. Did you mean `eval`\? Known: train, eval.$"
    with pytest.raises(errors.UserError, match=said):
        registry.check("the splits of a", "val", {"train": 1, "eval": 2})
