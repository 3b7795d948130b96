"""The command line: fast where it can be, one sentence where something is wrong, the right exit code."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pipeline import cli, docstrings, quiet
from seg_models import errors, image_files, registry
from tests import conftest

VERBS = registry.available("pipeline.verbs")


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process must not silence the tests after them."""
    monkeypatch.setattr(quiet, "down", lambda: None)


def segline(*argv: str, program: tuple[str, ...] = ("-m", "pipeline.cli")) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, *program, *argv], cwd=conftest.ROOT, capture_output=True, text=True, timeout=300
    )


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, line in docstrings.first_lines("pipeline.verbs").items():
        assert f"  {name} " in shown and line in shown


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([verb, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"segline {verb} " in shown.partition("Example:")[2]


def test_help_and_list_load_nothing_slow() -> None:
    program = (
        "import sys; from pipeline import cli; assert cli.main(['--help']) == 0; assert cli.main(['list']) == 0;"
        "heavy = {'numpy', 'tensorflow', 'apache_beam', 'tfx', 'keras'} & set(sys.modules); assert not heavy, heavy"
    )
    ended = segline(program=("-c", program))
    assert ended.returncode == 0, ended.stderr


def test_score_loads_no_tensorflow(tmp_path: Path) -> None:
    for folder, value in (("truth", 1), ("prediction", 0)):
        image_files.write_atomically(
            tmp_path / folder / "a.png", image_files.encode_png(np.full((2, 2), value, np.uint8))
        )
    arguments = ["score", "--format", "semantic_png", "--num_classes", "2", "--output", str(tmp_path / "scores.json")]
    arguments += ["--truth_dir", str(tmp_path / "truth"), "--prediction_dir", str(tmp_path / "prediction")]
    program = (
        f"import sys; from pipeline import cli; assert cli.main({arguments!r}) == 0;"
        "heavy = {'tensorflow', 'apache_beam', 'tfx', 'keras'} & set(sys.modules); assert not heavy, heavy"
    )
    started = time.monotonic()
    ended = segline(program=("-c", program))
    assert ended.returncode == 0, ended.stderr
    assert time.monotonic() - started < 20
    found = json.loads(ended.stdout)
    assert found["mean_iou"] == 0.0 and found["pq"] is None
    assert json.loads((tmp_path / "scores.json").read_text()) == found


def test_score_takes_larger_maps_where_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("truth", "prediction"):
        image_files.write_atomically(tmp_path / folder / "a.png", image_files.encode_png(np.ones((2, 2), np.uint8)))
    given = ["score", "--format", "semantic_png", "--num_classes", "2", "--truth_dir", str(tmp_path / "truth")]
    given += ["--prediction_dir", str(tmp_path / "prediction"), "--max_pixels"]
    try:
        assert cli.main([*given, "3"]) == 1
        assert "2x2 pixels are more than the limit of 3" in capsys.readouterr().err
        assert cli.main([*given, "4"]) == 0
    finally:
        image_files.limit_pixels(image_files.MAX_PIXELS)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["scor"], "Did you mean `score`"),
        (["list", "model"], "Did you mean `models`"),
        (["run", "toy_street_unet"], "Did you mean `toy_streets_unet`"),
        (["run"], "EXPERIMENT"),
        (["run", "toy_streets_unet", "--rot", "x", "--show"], "Did you mean `--root`"),
        (["run", "toy_streets_unet", "--train.step", "3", "--show"], "Did you mean `steps`"),
        (["run", "toy_streets_unet", "--train.steps", "many", "--show"], "`many` is no int"),
        (["run", "toy_streets_unet", "--on_error", "skipp"], "Did you mean `skip`"),
        (["score", "--format", "semantic_pn"], "Did you mean `semantic_png`"),
        (["score", "--format", "semantic_png", "--truth_dir", "x"], "--prediction_dir"),
        (["score", "--truth", "x"], "Did you mean `--truth_dir`"),
        (["convert", "camvidd"], "Did you mean `camvid`"),
        (["convert", "camvid"], "--output_dir"),
        (["convert", "camvid", "--data_dirr", "x"], "Did you mean `--data_dir`"),
        (["evaluate", "--model", "x", "--records", "y", "--metric", "z"], "Did you mean `--metrics`"),
        (["compile", "toy_streets_unet", "--for", "vertx"], "Did you mean `vertex`"),
    ],
)
def test_a_wrong_command_suggests_and_ends_with_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == 2
    shown = capsys.readouterr()
    assert message in shown.err and shown.err.startswith("segline: ") and not shown.out.strip()


def test_a_users_mistake_is_one_sentence_and_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    absent = str(tmp_path / "absent")
    assert (
        cli.main(["score", "--format=semantic_png", "--num_classes=2", f"--truth_dir={absent}", "--prediction_dir=x"])
        == 1
    )
    shown = capsys.readouterr()
    assert absent in shown.err and "Traceback" not in shown.err and not shown.out


def test_a_defect_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_run", lambda argv: {}["defect"])
    with pytest.raises(KeyError):
        cli.main(["list"])


@pytest.mark.parametrize("verb", VERBS)
def test_an_interruption_says_how_to_go_on_where_a_verb_can(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(argv: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    assert cli.main([verb]) == 130
    told = capsys.readouterr().err
    assert told.startswith("\nsegline: interrupted.")
    assert ("goes on from where it stopped" in told) == (verb in ("convert", "run", "train"))


def test_no_arguments_show_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: segline" in capsys.readouterr().out


def test_list_shows_names_and_first_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == registry.available("seg_models.models")
    assert cli.main(["list"]) == 0
    assert "experiments:\n" in capsys.readouterr().out


def test_show_prints_every_field_with_overrides(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "toy_streets_unet", "--train.steps=7", "--show"]) == 0
    shown = capsys.readouterr().out
    assert "--train.steps 7\n" in shown and "--dataset.seed " in shown


def test_beam_runner_is_segline_run() -> None:
    ended = segline("toy_street_unet", program=("beam_runner.py",))
    assert ended.returncode == 2 and "Did you mean `toy_streets_unet`" in ended.stderr


def test_errors_of_usage_are_errors_of_users() -> None:
    assert issubclass(cli.typed.UsageError, errors.UserError)
