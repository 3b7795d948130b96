"""The annotation of one image of full ADE20K: a JSON since 2021, a text file `_atr.txt` before."""

import dataclasses
import json

from seg_models import errors, raw_files

COLUMNS = "instance # part level # occluded # names # name # attributes"


@dataclasses.dataclass(frozen=True)
class Region:
    """One annotated object or part.

    Attributes:
      identity: its `id` in the JSON; in `_atr.txt` its instance: the place of its value among those in channel B of its
        level's map, counted from 1.
      level: 0 for an object, 1 for its parts, 2 for their parts...
      number: of its class, as in the maps; 0 where the file does not say.
      name: in the annotator's own words.
      mask: the file of its mask, beside the image; "" where there is none.
    """

    identity: int
    level: int
    number: int
    name: str
    mask: str


def read(path: str) -> tuple[bytes, tuple[Region, ...]]:
    """A file's bytes as they are, and the regions in it."""
    content = raw_files.read(path)
    return content, parse(content, path)


def parse(content: bytes, path: str) -> tuple[Region, ...]:
    """The regions in a file's bytes; `path` tells which kind it is and is named in errors."""
    text = _text(content)
    regions = tuple(_of_json(text, path) if path.endswith(".json") else _of_lines(text, path))
    known: set[tuple[int, int]] = set()
    for region in regions:
        # A JSON counts objects and parts together, a text file each level for itself.
        place = (region.identity, 0 if path.endswith(".json") else region.level)
        if place in known:
            raise errors.DataError(f"{path}: the id {region.identity} stands there twice; expected unique ids.")
        known.add(place)
    return regions


def _text(content: bytes) -> str:
    """Some of the published files are UTF-8, some ISO-8859-1, in which any bytes are text."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("iso-8859-1")


def _of_json(text: str, path: str) -> list[Region]:
    try:
        listed = json.loads(text)["annotation"]["object"]
        # MATLAB wrote these files: a list of one became that one.
        return [_of_entry(entry) for entry in (listed if isinstance(listed, list) else [listed])]
    except ValueError as error:
        raise errors.DataError(f"{path}: not JSON, or truncated ({error}). Get the file again.") from None
    except (KeyError, TypeError) as error:
        raise errors.DataError(
            f"{path}: not an ADE20K annotation; expected annotation.object[] with id, name_ndx, raw_name, "
            f"parts.part_level and instance_mask ({type(error).__name__}: {error})."
        ) from None


def _of_entry(entry: dict) -> Region:
    # MATLAB's empty list stands for nothing, whatever the field.
    return Region(
        identity=int(entry["id"]),
        level=int(entry["parts"]["part_level"]),
        number=int(entry["name_ndx"] or 0),
        name=str(entry["raw_name"] or ""),
        mask=str(entry["instance_mask"] or ""),
    )


def _of_lines(text: str, path: str) -> list[Region]:
    regions = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split("#")]
        if len(fields) < 5 or not (fields[0].isdigit() and fields[1].isdigit()):
            raise errors.DataError(f"{path}: line {number} is `{line.strip()}`; expected `{COLUMNS}`.")
        regions.append(Region(int(fields[0]), int(fields[1]), number=0, name=fields[4], mask=""))
    return regions
