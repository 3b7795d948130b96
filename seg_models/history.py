"""The numbers of a run, one JSON line after each round of steps; the report draws its curves from them."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from seg_models import image_files

FILE = "history.jsonl"


class History:
    """The history in `directory`; lines after the step that a run resumes at are dropped."""

    def __init__(self, directory: str, resumed_at: int) -> None:
        self.path = Path(directory) / FILE
        kept = [line for line in read(self.path) if line["step"] <= resumed_at]
        image_files.write_atomically(self.path, "".join(json.dumps(line) + "\n" for line in kept).encode())

    def append(self, step: int, values: Mapping[str, float]) -> None:
        """Adds the finite values of one round."""
        finite = {name: value for name, value in values.items() if math.isfinite(value)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **finite}) + "\n")


def read(path: Path) -> list[dict[str, float]]:
    """The lines of a history file, none where there is no file; a line that a kill cut off is left out."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
