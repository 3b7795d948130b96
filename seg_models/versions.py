"""Exported models by number, as TensorFlow Serving wants them: FOLDER/1, FOLDER/2 and so on."""

import os


def newest(path: str) -> str:
    """The folder itself where it is an exported model; else the newest of the versions in it."""
    versions = [name for name in os.listdir(path) if name.isdigit()] if os.path.isdir(path) else []
    if os.path.exists(os.path.join(path, "saved_model.pb")) or not versions:
        return path
    return os.path.join(path, max(versions, key=int))
