"""How fast data sets are converted: `python -m tests.benchmarks.conversion [--images 100 1000 10000] [--workers 1 2]`.

Two data sets, multiplied by hard links to the numbers asked for: CamVid, 480 x 360, from the folder that
SEGLINE_TEST_DATA names, and renderings of toy_streets, 640 x 480, as a raw `folder` tree, without and with instances.
Beside each conversion stand
    floor   a bare loop in as many processes: the maps are decoded with PIL, the bytes of the image are copied
    plain   one process that decodes each image and map and encodes it again as PNG, into TFRecords: published scripts
Every conversion is a process of its own, so that its peak memory is its own too; its imports do not count. Flags of
Beam, such as --direct_running_mode=multi_processing, are handed on.
"""

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from seg_models import dataset, example_message, image_files, listing, records
from seg_models.datasets import camvid, folder, toy_streets
from tests import conftest

SCENES = 12
# The plain loop takes its time: no more images than these.
PLAIN = 60
CLASSES = """name: toy_streets_large
classes: [sky, road, pavement, building, tree, car, person, sign]
things: [car, person, sign]
void: [255]
"""


def toy_tree(root: Path, images: int, instances: bool) -> None:
    """A `folder` tree of so many renderings, few of them different."""
    settings = toy_streets.Config(images_train=SCENES, images_eval=0, height=480, width=640)
    scenes = [toy_streets.load(settings, item) for item in toy_streets.items(settings, "train")]
    for index, scene in enumerate(scenes):
        source, numbers = root / "source" / f"{index}", range(index, images, SCENES)
        _save(image_files.decode(scene.image_bytes), source / "image.jpg")
        _link(source / "image.jpg", root / "raw" / "images", numbers)
        _save(scene.semantic, source / "mask.png")
        _link(source / "mask.png", root / "raw" / "masks", numbers)
        if instances:
            _save(scene.instance.astype(np.uint16), source / "instance.png")
            _link(source / "instance.png", root / "raw" / "instances", numbers)
    (root / "raw" / "classes.yaml").write_text(CLASSES)


def camvid_tree(root: Path, images: int) -> None:
    """CamVid with its train images as often as need be."""
    shared = Path(os.environ.get("SEGLINE_TEST_DATA", conftest.ROOT.parent / "shared" / "data"))
    source = shared / "camvid" / "CamVid"
    names = sorted(path.name for path in (source / "train").iterdir())[:images]
    for kind in ("train", "trainannot"):
        for index, name in enumerate(names):
            copy = root / "source" / kind / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / kind / name, copy)
            _link(copy, root / "raw" / kind, range(index, images, len(names)))


def config_of(root: Path) -> object:
    """The Config of the data set that was made there."""
    raw = root / "raw"
    module = folder if (raw / "classes.yaml").exists() else camvid
    return module.Config(data_dir=str(raw))


def _save(values: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, quality=90)


def _link(source: Path, target: Path, numbers: Sequence[int]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        os.link(source, target / f"{number:06d}{source.suffix}")


SETS: dict[str, Callable[[Path, int], None]] = {
    "camvid": camvid_tree,
    "toy_streets": lambda root, images: toy_tree(root, images, instances=False),
    "toy_streets with instances": lambda root, images: toy_tree(root, images, instances=True),
}


class Conversion(NamedTuple):
    """Seconds, megabytes written, and the peak memory in megabytes of the driver and of the largest other process."""

    seconds: float
    megabytes: float
    driver: float
    worker: float


def items(config: object) -> list[dataset.Item]:
    """All items of a data set."""
    return [entry.item for several in listing.items(config).values() for entry in several]


def floor(several: Sequence[dataset.Item], output: Path) -> None:
    """The bare loop."""
    with output.open("wb") as copied:
        for item in several:
            for role, path in item.paths:
                if role == "image":
                    with open(path, "rb") as file:
                        copied.write(file.read())
                else:
                    np.asarray(Image.open(path))
    output.unlink()


def plain(several: Sequence[dataset.Item], output: Path) -> None:
    """What published scripts do."""
    with output.open("wb") as file:
        for item in several:
            features: dict[str, example_message.Value] = {"image/source_id": item.key.encode()}
            for role, path in item.paths:
                features[role] = image_files.encode_png(np.asarray(Image.open(path)))
            records.write(file, example_message.serialised(features))
    output.unlink()


def seconds_of_floor(several: Sequence[dataset.Item], workers: int, root: Path) -> float:
    """Seconds of the bare loop in processes that are there already."""
    parts = [(several[index::workers], root / f"copied-{index}") for index in range(workers)]
    with multiprocessing.Pool(workers) as pool:
        pool.starmap(floor, [(part[:1], path) for part, path in parts])
        began = time.perf_counter()
        pool.starmap(floor, parts, chunksize=1)
        return time.perf_counter() - began


def rate_of_plain(several: Sequence[dataset.Item], root: Path) -> float:
    """Images a second of the plain loop."""
    some = several[:PLAIN]
    began = time.perf_counter()
    plain(some, root / "plain")
    return len(some) / (time.perf_counter() - began)


def converted(root: Path, flags: Sequence[str]) -> Conversion:
    """What a conversion in a process of its own took."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.conversion", "--convert", str(root), *flags]
    ended = subprocess.run(command, cwd=conftest.ROOT, capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    shutil.rmtree(root / "records")
    return Conversion(*json.loads(ended.stdout.splitlines()[-1]))


def convert_here(root: Path, flags: list[str]) -> None:
    """Converts the data set in `root` and prints the fields of a Conversion."""
    from components import conversion
    from pipeline import beam_flags

    pipeline = beam_flags.pipeline(flags)
    began = time.perf_counter()
    written = conversion.convert(config_of(root), str(root / "records"), pipeline)
    seconds = time.perf_counter() - began
    megabytes = sum(shard.size for split in written.splits.values() for shard in split.shards) / 1e6
    peaks = [resource.getrusage(who).ru_maxrss / 1e3 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps([seconds, megabytes, *peaks]))


def compare(name: str, images: int, workers: Sequence[int], flags: Sequence[str]) -> dict[int, tuple[float, float]]:
    """Prints a line for each number of workers; gives (seconds, seconds of the floor) of each."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="segline-") as temporary:
        root = Path(temporary)
        SETS[name](root, images)
        several = items(config_of(root))
        slow = rate_of_plain(several, root)
        for count in workers:
            bare = seconds_of_floor(several, count, root)
            ours = converted(root, [f"--direct_num_workers={count}", *flags])
            rate = images / ours.seconds
            row = f"{name:28}{images:7}{count:8}{ours.seconds:8.2f}{rate:7.0f}{ours.megabytes / ours.seconds:6.0f}"
            against = f"{bare / ours.seconds:9.0%}{rate / slow:8.1f}"
            print(f"{row}{against}{ours.driver:9.0f}{ours.worker:8.0f}", flush=True)
            found[count] = ours.seconds, bare
    return found


def main() -> None:
    """Prints a line for each data set, number of images and number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS), metavar="NAME")
    parser.add_argument("--convert", type=Path, help=argparse.SUPPRESS)
    arguments, flags = parser.parse_known_args()
    if arguments.convert:
        convert_here(arguments.convert, flags)
        return
    print(f"{'':28}{'images':>7}{'workers':>8}{'s':>8}{'img/s':>7}{'MB/s':>6}{'of floor':>9}{'x plain':>8}", end="")
    print("   peak MB: driver, worker")
    for name in arguments.sets:
        sizes = sorted(arguments.images)
        found = {images: compare(name, images, arguments.workers, flags) for images in sizes}
        for count in arguments.workers if len(sizes) > 1 else ():
            # What is the same for any number of images, such as the start of processes, has no part in this.
            first, last = found[sizes[0]][count], found[sizes[-1]][count]
            ours, bare = (1000 * (last[i] - first[i]) / (sizes[-1] - sizes[0]) for i in (0, 1))
            further = f"{name:28} each further image, {count} workers: {ours:.2f} ms"
            print(f"{further}, floor {bare:.2f} ms: {bare / ours:.0%}")


if __name__ == "__main__":
    main()
