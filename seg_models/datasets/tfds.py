"""Any data set that TensorFlow Datasets prepared, `tfds:NAME` on the command line, read without TensorFlow.

    segline convert tfds:oxford_iiit_pet --data_dir ~/tensorflow_datasets --output_dir records/pets
    segline convert tfds:mine --image picture --semantic mask --classes classes.yaml --output_dir records/mine

Known are cityscapes, coco/2017_panoptic, scene_parse150, oxford_iiit_pet and toy_streets. Of others the colour image
and the only map of one channel are taken, and said; any feature can be named. The encoded images stay as they are.
"""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from seg_models import dataset, errors, image_files, raw_files, registry
from seg_models.raw import hold_out
from seg_models.tfds import annotations, classes, contents, files, layouts, shards

# Names of the validation split among builders.
VALIDATION = ("validation", "val", "valid", "dev")
# The roles of an item's file: what its maps say is truth, or a placeholder.
LABELLED, UNLABELLED = "record", "unlabelled record"


@dataclasses.dataclass(frozen=True)
class Config:
    """Which data set it is and what its features mean.

    Attributes:
      data_dir: of TensorFlow Datasets, ~/tensorflow_datasets where it is not set; or the folder of one data set.
      builder: as there: "coco/2017_panoptic", "cityscapes:1.0.0"; on the command line what follows `tfds:`.
      image: the feature with the picture.
      semantic: the feature with class values; "annotation:0" is one channel of it.
      instance: the feature with instance ids, or with panoptic ids in RGB.
      segments: the Sequence of the instances or segments, with fields label, id, is_crowd, mask...
      classes: a class file (seg_models/raw/class_file.py) for map values that the builder does not name.
      void: map values that nothing counts.
      splits: our splits and those of the builder, such as train=train,eval=test.
      eval_fraction: of the train split, which is held out where there is no other.
    """

    data_dir: str = ""
    builder: str = ""
    image: str = ""
    semantic: str = ""
    instance: str = ""
    segments: str = ""
    classes: str = ""
    void: tuple[int, ...] = ()
    splits: tuple[tuple[str, str], ...] = ()
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def info(config: Config) -> dataset.DatasetInfo:
    """What the prepared files and the settings say."""
    return _meaning(config).info


def found(config: Config) -> str:
    """What was found, and which features and splits are taken for what."""
    meaning = _meaning(config)
    taken = {role: name for role, name in dataclasses.asdict(meaning.layout).items() if name}
    left = sorted(
        name
        for name, feature in meaning.prepared.features.items()
        if feature.kind == "image"
        and feature.channels != 1
        and not any(layouts.part(each)[0] == name or name.startswith(f"{each}/") for each in taken.values())
    )
    features = ", ".join(f"{role} = `{name}`" for role, name in taken.items())
    splits = ", ".join(f"{ours} = {theirs}" for ours, theirs in _splits(config, meaning.prepared).items())
    rest = f"; not taken: {', '.join(left)}" if left else ""
    where = f"{meaning.prepared.builder} {meaning.prepared.version} in {meaning.prepared.folder}"
    return f"{where}; {features}; splits: {splits}{rest}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The records of a split; an item's key is what TensorFlow Datasets calls the `tfds_id` of the record."""
    prepared = _meaning(config).prepared
    splits = _splits(config, prepared)
    registry.check(f"the splits of {prepared.builder}", split, splits)
    listed = sorted(_records(prepared, splits[split]), key=lambda item: item.key)
    if split in ("train", "eval") and splits["train"] == splits["eval"]:
        yield from hold_out.part(listed, split, config.eval_fraction)
    else:
        yield from listed


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one record."""
    meaning = _meaning(config)
    ((role, path),) = item.paths
    place = str(Path(path).with_name(item.key))
    record = contents.Record(shards.read(path, meaning.prepared.file_format, int(item.annotation)), place)
    image = meaning.layout.image
    encoded, image_format, height, width = image_files.read_image(record.name(image), record.encoded(image))
    maps, annotation = contents.others(record, meaning)
    example = dataset.Example(item.key, encoded, image_format, height, width, annotation=annotation)
    if role == UNLABELLED:
        return example
    for name, values in maps.items():
        record.check_size(values, name, example)
    return annotations.annotated(dataclasses.replace(example, maps=maps), record, meaning)


def _records(prepared: files.Prepared, split: str) -> Iterator[dataset.Item]:
    known = layouts.ready(prepared)
    role = UNLABELLED if known and split in known.unlabelled else LABELLED
    for shard in prepared.splits[split]:
        for number, place in enumerate(shards.places(prepared, shard)):
            yield dataset.Item(f"{Path(shard.path).name}__{number}", ((role, shard.path),), str(place).encode())


def _meaning(config: Config) -> contents.Meaning:
    """What the features mean; worked out anew only where a file changed, since `load` asks for it once a record."""
    prepared = files.find(config.data_dir, config.builder)
    return _meaning_of(config, prepared.folder, *map(raw_files.stamp, (*files.paths(prepared.folder), config.classes)))


@functools.lru_cache(maxsize=8)
def _meaning_of(config: Config, folder: str, *stamps: tuple[int, int]) -> contents.Meaning:
    prepared = files.find(config.data_dir, config.builder)
    layout = layouts.choose(prepared, layouts.Layout(config.image, config.semantic, config.instance, config.segments))
    what = classes.find(prepared, layout, config.classes, config.void)
    known = layouts.ready(prepared)
    splits = _splits(config, prepared)
    objects = ("instance", "panoptic") if layout.instance or layout.segments else ()
    described = dataset.DatasetInfo(
        name=f"tfds:{prepared.builder}",
        categories=what.categories,
        raw_values=what.raw_values,
        splits=tuple(splits),
        expected_counts=known.expected_counts if known and not config.splits else (),
        licence=what.licence or prepared.licence,
        citation=what.citation or prepared.citation,
        url=what.url or prepared.url,
        tasks=("semantic", *objects),
    )
    return contents.Meaning(prepared, layout, what, described)


def _splits(config: Config, prepared: files.Prepared) -> dict[str, str]:
    """Our split -> the builder's. `eval` is its validation split, else its test split, else a part of train."""
    known = layouts.ready(prepared)
    named = dict(config.splits or (known.splits if known else ()))
    for theirs in named.values():
        if theirs not in prepared.splits:
            message = registry.unknown(f"the splits of {prepared.builder}", theirs, prepared.splits)
            raise errors.UserError(f"`splits`: {message}")
    rest = [theirs for theirs in prepared.splits if theirs not in named.values()]
    splits = {"eval" if theirs in VALIDATION else theirs: theirs for theirs in rest} | named
    train = splits.pop("train", next(iter(prepared.splits), "train"))
    evaluation = splits.pop("eval", "") or splits.pop("test", train)
    return {"train": train, "eval": evaluation, **splits}


def named(text: str) -> Config:
    """The Config that `tfds:TEXT` stands for."""
    return Config(builder=text)
