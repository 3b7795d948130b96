"""MATLAB's .mat files as annotations use them: variables, fields of structs, label maps; every fault names the file."""

import io
import os

import numpy as np

from seg_models import errors, raw_files


def read(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The variables of a .mat file of version 7 or older, by name.

    Raises:
      DataError: the file is missing, truncated, or of another kind.
    """
    # It loads slowly, and most data sets have no use for it.
    import scipy.io

    encoded = raw_files.read(path)
    try:
        content = scipy.io.loadmat(io.BytesIO(encoded))
    except NotImplementedError:
        raise errors.DataError(
            f"{path}: a MATLAB 7.3 file (HDF5); expected version 7 or older: save it with `-v7`."
        ) from None
    # Whatever a broken file makes the reader raise: it is not one kind of error, nor a documented one.
    except Exception as error:
        raise errors.DataError(f"{path}: not a .mat file that can be read, or truncated ({error}).") from None
    return {name: value for name, value in content.items() if not name.startswith("__")}


def field(value: dict[str, np.ndarray] | np.ndarray, name: str, path: str | os.PathLike[str]) -> np.ndarray:
    """A variable, or a field of a struct [1, 1]; dots go deeper: "GTcls.Segmentation".

    Args:
      value: what `read` gave, or a struct in it.
      name: of the variable or field.
      path: named in errors.

    Raises:
      DataError: there is no such variable or field.
    """
    for part in name.split("."):
        known = list(value) if isinstance(value, dict) else list(value.dtype.names or ())
        if part not in known:
            has = f"has {', '.join(known)}" if known else "has no fields there"
            raise errors.DataError(f"{path}: no `{part}` of `{name}` in it; it {has}.")
        if not isinstance(value, dict) and value.size != 1:
            raise errors.DataError(f"{path}: `{name}` is a struct of size {value.shape}; expected one of size (1, 1).")
        value = value[part] if isinstance(value, dict) else value[part].item()
    return value


def label_map(value: np.ndarray, what: str) -> np.ndarray:
    """A map of whole numbers as int32 [H, W], from any numeric type, and sparse ones too.

    Raises:
      DataError: `what` has not two dimensions, or values that are not whole numbers from 0 on.
    """
    values = value.toarray() if hasattr(value, "toarray") else np.asarray(value)
    if values.ndim != 2 or values.dtype.kind not in "buif":
        raise errors.DataError(f"{what}: expected a map of numbers [H, W], got {values.dtype} {values.shape}.")
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int32)
    if not np.array_equal(whole, values) or whole.min(initial=0) < 0:
        raise errors.DataError(f"{what}: has values that are not whole numbers from 0 on.")
    return whole
