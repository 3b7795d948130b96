"""Reading .mat files: values as MATLAB saved them, and what is wrong with a file."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from seg_models import errors
from seg_models.raw import matlab


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a map, a struct with a map and a sparse map, and a cell array."""
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = np.eye(2), np.zeros((1, 3))
    struct = {"Segmentation": np.array([[0, 7]], np.uint8), "Edges": scipy.sparse.csc_matrix(np.array([[0.0, 1.0]]))}
    content = {"LabelMap": np.array([[1, 459], [0, 2]], np.uint16), "GT": struct, "cells": cells}
    scipy.io.savemat(tmp_path / "a.mat", content, do_compression=True)
    return tmp_path / "a.mat"


def test_variables_and_fields(path: Path) -> None:
    content = matlab.read(path)
    assert set(content) == {"LabelMap", "GT", "cells"}
    assert matlab.field(content, "LabelMap", path).tolist() == [[1, 459], [0, 2]]
    assert matlab.field(content, "GT.Segmentation", path).tolist() == [[0, 7]]
    assert matlab.field(content["GT"], "Segmentation", path).tolist() == [[0, 7]]


def test_maps_are_int32_from_any_type(path: Path) -> None:
    content = matlab.read(path)
    labels = matlab.label_map(matlab.field(content, "LabelMap", path), "a")
    assert labels.dtype == np.int32 and labels.tolist() == [[1, 459], [0, 2]]
    assert matlab.label_map(matlab.field(content, "GT.Edges", path), "a").tolist() == [[0, 1]]
    assert matlab.label_map(np.array([[2.0]]), "a").tolist() == [[2]]


@pytest.mark.parametrize(
    "wrong", [np.array([[0.5]]), np.array([[-1]]), np.array([[np.nan]]), np.zeros((1, 2, 3)), np.array("x")]
)
def test_what_is_no_map(wrong: np.ndarray) -> None:
    with pytest.raises(errors.DataError, match="^a: "):
        matlab.label_map(wrong, "a")


def test_what_is_not_in_the_file_is_named(path: Path) -> None:
    content = matlab.read(path)
    with pytest.raises(errors.DataError, match="a.mat: no `Labels` of `Labels` in it; it has .*LabelMap"):
        matlab.field(content, "Labels", path)
    with pytest.raises(errors.DataError, match="no `Masks` of `GT.Masks` in it; it has Segmentation, Edges"):
        matlab.field(content, "GT.Masks", path)
    with pytest.raises(errors.DataError, match="has no fields there"):
        matlab.field(content, "LabelMap.Segmentation", path)


@pytest.mark.parametrize("kept", [0, 1, 100, 130, 200, -1])
def test_broken_files(path: Path, kept: int) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    with pytest.raises(errors.DataError, match="a.mat: "):
        matlab.read(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF\r\n\x1a\n")
    with pytest.raises(errors.DataError, match="a.mat: "):
        matlab.read(path)
    path.unlink()
    with pytest.raises(errors.DataError, match="a.mat: the file is missing"):
        matlab.read(path)
