"""A prepared data set: where it is, its features, splits and shards, from its JSON files and lists of labels.

    DATA_DIR/NAME[/CONFIG]/VERSION/
      dataset_info.json             its splits, and how many records each shard holds
      features.json                 its features
      FEATURE.labels.txt            the names of a feature's classes
      NAME-SPLIT.tfrecord-00000-of-00001
"""

import dataclasses
import functools
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from seg_models import errors, raw_files, registry

INFO_FILE = "dataset_info.json"
FEATURES_FILE = "features.json"
# Where TensorFlow Datasets itself looks.
DEFAULT_DIR = "~/tensorflow_datasets"
# As it is written there too: "coco/2017_panoptic:1.1.0"; a `*` stands for any number.
BUILDER = re.compile(r"(?P<name>[A-Za-z]\w*)(/(?P<config>[\w.+-]+))?(:(?P<version>(\d+|\*)(\.(\d+|\*)){2}))?")
VERSION = re.compile(r"\d+\.\d+\.\d+")
# What a leaf of features.json may be.
KINDS = ("image", "classLabel", "text", "tensor", "boundingBox", "video", "audio", "translation", "jsonFeature")
TFRECORD, ARRAY_RECORD = "tfrecord", "array_record"


@dataclasses.dataclass(frozen=True)
class Feature:
    """One feature of a record.

    Attributes:
      kind: one of KINDS; "" where it is something else.
      channels: of an image; 0 where it is none, or may have any number.
      dtype: of an image or tensor, such as "uint8".
      num_classes: of a class label, or of an image of labels; 0 where it is neither.
      names: of these classes; () where only their number is known.
      in_list: whether a record holds a list of them, in a Sequence.
      is_single: whether a record holds just one value.
    """

    kind: str
    channels: int = 0
    dtype: str = ""
    num_classes: int = 0
    names: tuple[str, ...] = ()
    in_list: bool = False
    is_single: bool = False


@dataclasses.dataclass(frozen=True)
class Shard:
    """A file of records, and how many it holds."""

    path: str
    records: int


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A prepared data set.

    Attributes:
      folder: with the files.
      name, config, version: of the builder; `config` is "" where it has none.
      file_format: "tfrecord" or "array_record".
      features: flat name, such as "objects/label" -> Feature.
      splits: name -> its shards.
      licence, citation, url: for people.
    """

    folder: str
    name: str
    config: str
    version: str
    file_format: str
    features: Mapping[str, Feature]
    splits: Mapping[str, tuple[Shard, ...]]
    licence: str = ""
    citation: str = ""
    url: str = ""

    @property
    def builder(self) -> str:
        """As TensorFlow Datasets names it, without the version."""
        return f"{self.name}/{self.config}" if self.config else self.name


def find(data_dir: str, builder: str) -> Prepared:
    """The prepared data set `builder` in `data_dir`, or the one that `data_dir` is the folder of.

    Args:
      data_dir: as of TensorFlow Datasets; "" is its default, ~/tensorflow_datasets.
      builder: "name", "name/config", "name/config:1.0.0"; the newest version where none is told.

    Raises:
      UserError: it is not prepared there; says how to.
    """
    root = Path(data_dir or os.environ.get("TFDS_DATA_DIR", DEFAULT_DIR)).expanduser()
    folder = root if not builder or raw_files.exists(root / INFO_FILE) else _folder(root, builder)
    if not raw_files.exists(folder / INFO_FILE):
        raise errors.UserError(
            f"{folder}: holds no {INFO_FILE}, so it is no data set that TensorFlow Datasets prepared. Name the one "
            "you mean, as in `tfds:oxford_iiit_pet`, and as `data_dir` the folder they all are in: --data_dir FOLDER."
        )
    return _read(str(folder), *map(raw_files.stamp, paths(folder)))


def paths(folder: str | os.PathLike[str]) -> tuple[Path, Path]:
    """The two JSON files that describe a prepared data set."""
    return Path(folder, INFO_FILE), Path(folder, FEATURES_FILE)


def _folder(root: Path, builder: str) -> Path:
    """ROOT/NAME[/CONFIG]/VERSION."""
    named = BUILDER.fullmatch(builder)
    if not named:
        raise errors.UserError(f"`{builder}` names no builder; expected `name`, `name/config` or `name/config:1.0.0`.")
    base = root / named["name"]
    below = raw_files.names(base)
    configs = [name for name in below if not VERSION.fullmatch(name) and raw_files.is_folder(base / name)]
    if named["config"]:
        base /= named["config"]
    elif configs and len(configs) == len(below):
        base /= _config(base, configs, builder)
    versions = [name for name in raw_files.names(base) if VERSION.fullmatch(name)]
    wanted = re.compile((named["version"] or "*.*.*").replace(".", r"\.").replace("*", r"\d+"))
    fitting = [version for version in versions if wanted.fullmatch(version)]
    if not fitting:
        raise errors.UserError(_not_prepared(root, builder, [f"version {version}" for version in versions] or configs))
    return base / max(fitting, key=lambda version: tuple(map(int, version.split("."))))


def _config(base: Path, configs: list[str], builder: str) -> str:
    """The config that is meant where none is told: the builder's default, or the only one."""
    metadata = base / ".config" / "metadata.json"
    default = dict(raw_files.json(metadata)).get("default_config_name") if raw_files.exists(metadata) else None
    if default in configs:
        return default
    if len(configs) == 1:
        return configs[0]
    several = ", ".join(f"tfds:{builder}/{config}" for config in configs)
    raise errors.UserError(f"{base}: several configs are prepared; say which: {several}.")


def _not_prepared(root: Path, builder: str, there: list[str]) -> str:
    known = raw_files.names(root)
    name = builder.partition("/")[0].partition(":")[0]
    if there:
        hint = f" Prepared of it: {', '.join(there)}."
    else:
        hint = f" {registry.unknown(str(root), name, known)}" if known else ""
    python = f"tfds.builder('{builder}', data_dir='{root}').download_and_prepare()"
    return (
        f"`{builder}` is not prepared in {root}, the `data_dir` (--data_dir DIR names another). Let TensorFlow "
        f'Datasets prepare it: python -c "import tensorflow_datasets as tfds; {python}", '
        f"or `tfds build {builder} --data_dir {root}`.{hint}"
    )


@functools.lru_cache(maxsize=16)
def _read(folder: str, *stamps: tuple[int, int]) -> Prepared:
    """The prepared data set in `folder`; `stamps` are those of its JSON files, so that changed ones are read anew."""
    info_path, features_path = paths(folder)
    info, tree = raw_files.json(info_path), raw_files.json(features_path)
    try:
        file_format = info.get("fileFormat", TFRECORD)
        if file_format not in (TFRECORD, ARRAY_RECORD):
            raise errors.UserError(
                f"{info_path}: the file format is {file_format}; {TFRECORD} and {ARRAY_RECORD} can be read. Prepare "
                f"the data set with file_format='{TFRECORD}'."
            )
        if not isinstance(info["name"], str) or not info["splits"]:
            raise TypeError(f"`name` is {info['name']!r}, `splits` {info['splits']!r}")
        return Prepared(
            folder=folder,
            name=info["name"],
            config=info.get("configName", ""),
            version=info["version"],
            file_format=file_format,
            features=dict(_features(folder, tree)),
            splits={each["name"]: tuple(_shards(folder, info["name"], file_format, each)) for each in info["splits"]},
            licence=info.get("redistributionInfo", {}).get("license", ""),
            citation=info.get("citation", ""),
            url=next(iter(info.get("location", {}).get("urls", ())), ""),
        )
    except errors.UserError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise errors.UserError(
            f"{folder}: {INFO_FILE} or {FEATURES_FILE} is not as TensorFlow Datasets 4.3 and later write them "
            f"({type(error).__name__}: {error}). Prepare the data set again."
        ) from None


def _features(
    folder: str, node: dict, path: tuple[str, ...] = (), in_list: bool = False
) -> Iterator[tuple[str, Feature]]:
    """(flat name, Feature) of every leaf of features.json."""
    if "featuresDict" in node:
        for key, inner in node["featuresDict"].get("features", {}).items():
            yield from _features(folder, inner, (*path, key), in_list)
    elif "sequence" in node:
        yield from _features(folder, node["sequence"]["feature"], path, in_list=True)
    else:
        yield "/".join(path), _leaf(folder, node, path, in_list)


def _leaf(folder: str, node: dict, path: tuple[str, ...], in_list: bool) -> Feature:
    kind = next((key for key in KINDS if key in node), "")
    said = node.get(kind, {})
    sides = [int(side) for side in said.get("shape", {}).get("dimensions", ())]
    # A name may have a `/` of its own.
    labels = Path(folder, "-".join(key.replace("/", ".") for key in path) + ".labels.txt")
    return Feature(
        kind=kind,
        channels=max(sides[-1], 0) if kind == "image" and sides else 0,
        dtype=said.get("dtype", ""),
        num_classes=int(said.get("numClasses", 0) or said.get("label", {}).get("numClasses", 0)),
        names=tuple(raw_files.lines(labels)) if raw_files.exists(labels) else (),
        in_list=in_list,
        is_single=not in_list and (kind == "image" or not sides),
    )


def _shards(folder: str, name: str, file_format: str, split: dict) -> Iterator[Shard]:
    lengths = [int(length) for length in split.get("shardLengths", ())]
    template = split.get("filepathTemplate") or "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
    for index, length in enumerate(lengths):
        file = template.format(
            DATASET=name,
            SPLIT=split["name"],
            FILEFORMAT=file_format,
            SHARD_INDEX=f"{index:05d}",
            NUM_SHARDS=f"{len(lengths):05d}",
            SHARD_X_OF_Y=f"{index:05d}-of-{len(lengths):05d}",
        )
        yield Shard(str(raw_files.inside(folder, file)), length)
