"""pgm: values as they stand in the file, and files that are none."""

from pathlib import Path

import numpy as np
import pytest

from seg_models import errors
from seg_models.raw import pgm


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"P5 3 2 255\n\x00\x01\x02\x03\x04\xff", [[0, 1, 2], [3, 4, 255]]),
        (b"P5\n# a comment 9 9\n2\t1\n#another\n12\n\x0c\x01", [[12, 1]]),
        (b"P5 2 1 4095 \x0f\xff\x01\x00", [[4095, 256]]),
        (b"P5\n1 1\n65535\n\x0a\x0dmore", [[2573]]),
    ],
)
def test_values_are_not_stretched(tmp_path: Path, content: bytes, expected: list[list[int]]) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(content)
    values = pgm.read(path)
    assert values.tolist() == expected
    assert values.dtype == (np.uint8 if b"255\n" in content or b"\n12\n" in content else np.uint16)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"P2 1 1 255 7", "not a binary PGM"),
        (b"P5 1 1", "not a binary PGM"),
        (b"P5 2 2 255\nabc", "truncated: 3 bytes of pixels; 2x2 need 4"),
        (b"P5 2 1 4095\nabc", "truncated: 3 bytes of pixels; 2x1 need 4"),
        (b"P5 0 5 255\n", "truncated"),
        (b"P5 1 1 70000\nab", "the highest value is given as 70000"),
        (b"", "the file is empty"),
    ],
)
def test_what_is_none_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(content)
    with pytest.raises(errors.DataError, match=f"^{path}: ") as caught:
        pgm.read(path)
    assert message in str(caught.value)
