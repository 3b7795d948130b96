"""The whole line through the command line, in processes of their own, on a handful of tiny street scenes."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seg_models import manifest
from tests import conftest

EXPERIMENT = "toy_streets_unet"
TINY = (
    *("--dataset.images_train", "12", "--dataset.images_eval", "6", "--dataset.height", "48", "--dataset.width", "64"),
    *("--input.size", "48,64", "--input.batch_size", "4", "--input.augment", "flip"),
    *(
        "--train.steps",
        "4",
        "--train.warmup_steps",
        "0",
        "--train.checkpoint_every",
        "1",
        "--train.evaluate_every",
        "2",
    ),
)
BLESSED = ("--gate.minimum", "mean_iou=0.0001")
REFUSED = ("--gate.minimum", "mean_iou=0.999,pixel_accuracy=0.0001")
PATIENCE = 1800


@dataclasses.dataclass(frozen=True)
class Ended:
    """A run that came to its end."""

    code: int
    output: str
    seconds: float


def command(root: Path, *options: str) -> list[str]:
    """The command of a tiny run."""
    return [sys.executable, "-u", "-m", "pipeline.cli", "run", EXPERIMENT, "--root", str(root), *TINY, *options]


def run(root: Path, *options: str) -> Ended:
    """Runs to the end."""
    started = time.monotonic()
    done = subprocess.run(
        command(root, *options),
        cwd=conftest.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    return Ended(done.returncode, done.stdout, time.monotonic() - started)


def killed(root: Path, moment: Callable[[str], bool], *options: str) -> str:
    """Runs, and kills -9 the whole group as soon as `moment(output so far)` is true; what was printed."""
    printed = root.with_suffix(".output")
    with printed.open("w") as file:
        process = subprocess.Popen(
            command(root, *options), cwd=conftest.ROOT, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    deadline = time.monotonic() + PATIENCE
    try:
        while not moment(printed.read_text()):
            assert (
                process.poll() is None and time.monotonic() < deadline
            ), f"the moment never came:\n{printed.read_text()}"
            time.sleep(0.002)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return printed.read_text()


def metrics(root: Path) -> dict[str, object]:
    """The scores that a run left."""
    return json.loads((root / "metrics.json").read_text())


def versions(root: Path) -> list[str]:
    """The pushed versions; all of them must be whole."""
    found = sorted(path.name for path in (root / "serving").glob("*"))
    for version in found:
        names = {path.name for path in (root / "serving" / version).rglob("*")}
        assert {"saved_model.pb", "variables.index", "variables.data-00000-of-00001", "segline.json"} <= names, version
    return found


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """The root and the end of a run that is blessed."""
    root = tmp_path_factory.mktemp("line") / "root"
    return root, run(root, *BLESSED)


def test_a_run_leaves_what_it_promises(first: tuple[Path, Ended]) -> None:
    root, ended = first
    assert ended.code == 0, ended.output
    assert {"pixel_accuracy", "mean_iou", "pq", "things", "stuff", "per_class"} <= set(metrics(root))
    assert 0 < metrics(root)["mean_iou"] < 1
    assert "<html" in (root / "report.html").read_text()
    assert {name: split.records for name, split in manifest.read(root / "records").splits.items()} == {
        "train": 12,
        "eval": 6,
    }
    for split in ("train", "eval"):
        assert all(Path(path).is_file() for path in manifest.shards(root / "records", split))
    assert len(versions(root)) == 1
    assert list((root / "tensorboard").rglob("events.*"))
    assert (root / "tfx" / "metadata.sqlite").is_file()
    assert not list((root / "tfx" / "checkpoints").iterdir())


def test_a_run_says_what_it_does_and_little_else(first: tuple[Path, Ended]) -> None:
    root, ended = first
    for text in (
        "[1/4] records",
        "[2/4] training",
        "[3/4] evaluation",
        "[4/4] push",
        "mIoU",
        "blessed",
        "segline predict",
    ):
        assert text in ended.output
    assert str(root / "serving" / versions(root)[0]) in ended.output
    assert len(ended.output.splitlines()) < 60, ended.output
    for noise in ("WARNING", "Warning", "INFO:", "Traceback"):
        assert noise not in ended.output


def test_a_second_run_is_cached_and_changes_nothing(first: tuple[Path, Ended]) -> None:
    root, _ = first
    before, pushed = metrics(root), versions(root)
    ended = run(root, *BLESSED)
    assert ended.code == 0, ended.output
    assert ended.output.count("taken from the cache") == 4, ended.output
    assert ended.seconds < 45 or os.getloadavg()[0] > 2, f"{ended.seconds:.0f} s"
    assert (metrics(root), versions(root)) == (before, pushed)


def test_a_refused_model_is_not_pushed_and_not_trained_again(first: tuple[Path, Ended]) -> None:
    root, _ = first
    pushed = versions(root)
    ended = run(root, *REFUSED)
    assert ended.code == 0, ended.output
    assert versions(root) == pushed
    assert "[2/4] training: unchanged" in ended.output
    refusal = next(line for line in ended.output.splitlines() if "refused, not pushed" in line)
    assert "below the minimum 0.999" in refusal and "pixel_accuracy" not in refusal


def moments(root: Path) -> dict[str, Callable[[str], bool]]:
    """The middle of each step."""
    return {
        "conversion": lambda output: any((root / "tfx").glob("ExampleGen/examples/*/.conversion/*train*records*")),
        "training": lambda output: any(path.is_file() for path in (root / "tfx" / "checkpoints").rglob("*.index")),
        "evaluation": lambda output: "[3/4] evaluation\n" in output
        and any((root / "tfx").glob("Evaluator/evaluation/*")),
        "push": lambda output: any((root / ".serving.partial").rglob("*")),
    }


@pytest.mark.slow
def test_killed_anywhere_a_run_goes_on_to_the_same_scores(first: tuple[Path, Ended], tmp_path: Path) -> None:
    whole, _ = first
    run(whole, *BLESSED)
    root = tmp_path / "root"
    for step, moment in moments(root).items():
        printed = killed(root, moment, *BLESSED)
        assert "finished" not in printed, step
        assert not versions(root) or step == "push"
        assert not (root / "metrics.json").exists()
    ended = run(root, *BLESSED)
    assert ended.code == 0, ended.output
    assert metrics(root) == metrics(whole)
    assert len(versions(root)) == 1
    for split in ("train", "eval"):
        assert manifest.read(root / "records").splits[split] == manifest.read(whole / "records").splits[split]


@pytest.mark.slow
def test_a_users_error_inside_a_step_is_one_sentence(tmp_path: Path) -> None:
    ended = run(tmp_path / "root", "--input.size", "none", "--input.augment", "scale_jitter")
    assert ended.code == 1
    assert ended.output.splitlines()[-1].startswith("segline: ") and "Traceback" not in ended.output
