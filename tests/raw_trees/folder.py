"""The layout of `folder`."""

from pathlib import Path

from tests import small_folder


def make(folder: Path) -> Path:
    """Twelve pairs with instances, split by their keys."""
    return small_folder.make(folder)
