"""MATLAB 7.3 files: dimensions as MATLAB has them, and errors that name the file."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from seg_models import errors
from seg_models.raw import matlab_hdf5


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a stack of two maps [2, 3], and a cell array of two maps."""
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["stack"] = np.arange(12).reshape(2, 3, 2)
        file["#refs#/b"], file["#refs#/c"] = np.array([[1, 2, 3]]), np.array([[4], [5]])
        cells = file.create_dataset("struct/cells", (2, 1), h5py.ref_dtype)
        cells[0, 0], cells[1, 0] = file["#refs#/b"].ref, file["#refs#/c"].ref
    return tmp_path / "a.mat"


def test_entries_and_cells_have_matlabs_dimensions(path: Path) -> None:
    assert matlab_hdf5.entry(path, "stack", 0, dimensions=2).tolist() == [[0, 2, 4], [1, 3, 5]]
    assert matlab_hdf5.cell(path, "struct/cells", 0).tolist() == [[1], [2], [3]]
    assert matlab_hdf5.cell(path, "struct/cells", 1).tolist() == [[4, 5]]
    assert matlab_hdf5.opened(path) is matlab_hdf5.opened(path)


def test_what_is_wrong_is_said(path: Path) -> None:
    for call, message in (
        (lambda: matlab_hdf5.entry(path, "stack", 2, 2), "has 2 entries; entry 3 was asked for"),
        (lambda: matlab_hdf5.entry(path, "stack", 0, 3), "expected 4 dimensions"),
        (lambda: matlab_hdf5.entry(path, "no", 0, 2), "no variable `no` in it; it has stack, struct"),
        (lambda: matlab_hdf5.cell(path, "struct/cells", 2), "has 2 cells; cell 3 was asked for"),
        (lambda: matlab_hdf5.opened(path.with_name("b.mat")), "b.mat: the file is missing"),
    ):
        with pytest.raises(errors.DataError, match=message):
            call()
