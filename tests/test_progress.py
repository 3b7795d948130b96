"""progress: sentences by hand, and told while something runs."""

import logging
import time
from pathlib import Path

import pytest

from components import progress, work_folder
from seg_models import manifest

TASKS = [work_folder.Task("train", index, 4, 100, "f") for index in range(4)]


@pytest.mark.parametrize(
    ("finished", "done", "seconds", "sentence"),
    [
        (0, 0, 3.0, "0 of 4 shards"),
        (1, 0, 10.0, "1 of 4 shards, 10 images/s, 30 s left"),
        (3, 6, 1.0, "9 of 10 shards, 300 images/s, 0 s left"),
        (1, 0, 100.0, "1 of 4 shards, 1 images/s, 5 min left"),
        (1, 0, 10_000.0, "1 of 4 shards, 0 images/s, 8.3 h left"),
    ],
)
def test_sentences_by_hand(finished: int, done: int, seconds: float, sentence: str) -> None:
    names = {task.name for task in TASKS[:finished]}
    assert progress.sentence(TASKS, names | {"of another run"}, done, seconds) == sentence


def test_it_is_told_by_the_accounts_of_whoever_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.02)
    work = work_folder.WorkFolder(str(tmp_path), "run", "rules")
    with caplog.at_level(logging.INFO, logger="segline"), progress.shown(work, TASKS, 0):
        work.finish(TASKS[0], manifest.SplitManifest())
        time.sleep(0.3)
    assert any(message.startswith("1 of 4 shards, ") for message in caplog.messages)
    told = len(caplog.messages)
    time.sleep(0.1)
    assert len(caplog.messages) == told
