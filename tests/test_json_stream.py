"""Big JSON read element by element: the values are the json module's, whatever the chunks; errors have a position."""

import json
import random
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from seg_models import errors
from seg_models.raw import json_stream

CONTENT = {
    "info": {"year": 2017, "images": [1, 2]},
    "images": [{"id": 1, "file_name": 'ä "]},{ \\ \u2028 🐈.jpg'}, {"id": -2, "size": [0.5, 1e300, -0.0]}],
    "empty": [],
    "numbers": [12345, -0.25, 1e5, 0],
    "words": ["a", "", "\\"],
    "mixed": [None, True, False, [], {}, [[1], [2]], "]"],
    "version": 123456789,
}
KEYS = ("images", "numbers", "words", "mixed", "empty", "absent")


def read(path: Path, size: int) -> dict[str, list]:
    """The wanted arrays, and a check that each text is its value."""
    found: dict[str, list] = {}
    for element in json_stream.members(path, KEYS, size):
        assert json.loads(element.text) == element.value
        found.setdefault(element.key, []).append(element.value)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 64, 1 << 20])
@pytest.mark.parametrize("style", [{}, {"indent": 3}, {"ensure_ascii": False}, {"separators": (",", ":")}])
def test_equals_json_whatever_the_chunks(tmp_path: Path, size: int, style: dict) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(CONTENT, **style), encoding="utf-8")
    assert read(path, size) == {key: CONTENT[key] for key in KEYS if CONTENT.get(key)}


def test_order_of_the_file_text_of_the_source_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('\ufeff {"b": [1.50 , "\\u00e4"], "a" :[{"x" : 1e2}]} \n', encoding="utf-8")
    texts = [(element.key, element.text) for element in json_stream.members(path, ("a", "b"))]
    assert texts == [("b", "1.50"), ("b", '"\\u00e4"'), ("a", '{"x" : 1e2}')]
    assert list(json_stream.elements(path, "a")) == [{"x": 100.0}]
    assert list(json_stream.elements(path, "c")) == []


def test_inside_a_zip_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations/a.json", json.dumps(CONTENT))
    assert list(json_stream.elements(tmp_path / "a.zip/annotations/a.json", "numbers")) == CONTENT["numbers"]


TEXT = '{"skip": {"a": 1}, "images": [{"id": 10}, {"id": "text"}], "n": 1}'


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_every_truncation_is_an_error_with_its_position(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.json"
    for end in range(1, len(TEXT)):
        path.write_text(TEXT[:end])
        with pytest.raises(errors.UserError, match=r"a.json: not JSON at character \d+: the file ends .*, truncated"):
            list(json_stream.members(path, ("images",), size))


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
@pytest.mark.parametrize(
    "text, message",
    [
        ("[1]", "character 0: expected an object that begins with `{`, found `\\["),
        ('{"images": 3}', "character 11: `images` is no array"),
        ('{"images": [1 2]}', "character 14: expected `,` or `]`, found `2`"),
        ('{"images": [1]; "a": 2}', "character 14: expected `,` or `}`, found `;`"),
        ('{"images": [{"id": 1,, "b": 2, "c": "some more text"}]}', "character 21: Expecting property name"),
        ('{"images": [nil, 1, 2, 3, 4, 5, 6]}', "character 12: Expecting value"),
        ('{"images": ["a\tb"]}', "character 14: Invalid control character"),
        ('{"images" [1]}', "character 10: expected `:` after `images`, found `\\[`"),
        ("{1: [1]}", "a member is named `1`"),
        ('{"images": [1]} {}', "character 16: more follows"),
        ('{"images": [' + "[" * 100_000 + "]" * 100_000 + "]}", "recursion"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, size: int, text: str, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    if size < 1 << 20 and "recursion" in message:
        size = 1 << 16
    with pytest.raises(errors.UserError, match=message):
        list(json_stream.members(path, ("images",), size))


def test_a_mistake_ends_the_reading_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"images": [{"id": 1, b}, ' + "1, " * 1_000_000 + "1]}")
    tracemalloc.start()
    with pytest.raises(errors.UserError, match="character 22"):
        list(json_stream.members(path, ("images",), 4096))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(errors.DataError, match="a.json: the file is missing"):
        list(json_stream.elements(tmp_path / "a.json", "images"))
    (tmp_path / "a.json").touch()
    with pytest.raises(errors.DataError, match="a.json: the file is empty"):
        list(json_stream.elements(tmp_path / "a.json", "images"))
    (tmp_path / "a.json").write_bytes(b'{"images": ["\xff\xfe"]}')
    with pytest.raises(errors.UserError, match="a.json: .*no text in UTF-8"):
        list(json_stream.elements(tmp_path / "a.json", "images"))


def test_memory_is_that_of_a_chunk(tmp_path: Path) -> None:
    rng = random.Random(0)
    path = tmp_path / "a.json"
    polygon = [round(rng.uniform(0, 640), 2) for _ in range(60)]
    path.write_text(json.dumps({"annotations": [{"id": n, "segmentation": [polygon]} for n in range(10_000)]}))
    tracemalloc.start()
    count = sum(1 for _ in json_stream.elements(path, "annotations"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 10_000 and path.stat().st_size > 4_000_000
    assert peak < 12 * json_stream.CHUNK
