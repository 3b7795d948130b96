"""Exported models by number, as TensorFlow Serving wants them: FOLDER/1, FOLDER/2 and so on."""

import os

GRAPH = "saved_model.pb"


def newest(path: str) -> str:
    """The folder itself where it is an exported model; else the newest of the versions in it.

    A version that is still being pushed is not there yet: its graph is the file that comes last. Only where no version
    has one is the highest number the answer, for whoever reads it to say what is missing.
    """
    versions = [name for name in os.listdir(path) if name.isdigit()] if os.path.isdir(path) else []
    if os.path.exists(os.path.join(path, GRAPH)) or not versions:
        return path
    whole = [name for name in versions if os.path.exists(os.path.join(path, name, GRAPH))]
    return os.path.join(path, max(whole or versions, key=int))
