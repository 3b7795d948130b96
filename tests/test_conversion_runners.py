"""The same records, byte for byte, by every Beam runner that can be started here."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask import distributed

from components import conversion, shard_writer
from pipeline import beam_flags
from seg_models import errors
from tests import small_folder
from tests.test_conversion import config, contents

SETTINGS = conversion.Settings(layout=conversion.Layout(shards=3))


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set."""
    return small_folder.make(tmp_path_factory.mktemp("raw"), count=30)


@pytest.fixture(scope="module")
def expected(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files that one process writes."""
    return converted(raw, tmp_path_factory.mktemp("expected"), "--direct_num_workers=1")


@pytest.fixture
def job_endpoint(tmp_path: Path) -> Iterator[str]:
    """The address of a Beam job service that runs what it is given with the workers that it is told of."""
    port_file = tmp_path / "port"
    command = [sys.executable, "-W", "ignore", "-m", "apache_beam.runners.portability.local_job_service_main"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, "--port_file", str(port_file)], **quiet) as service:
        deadline = time.monotonic() + 60
        while not port_file.exists() and time.monotonic() < deadline and service.poll() is None:
            time.sleep(0.05)
        yield f"localhost:{port_file.read_text()}"
        service.terminate()


def converted(raw: Path, out: Path, *flags: str) -> dict[str, str]:
    conversion.convert(config(raw), str(out), beam_flags.pipeline(list(flags)), SETTINGS)
    return contents(out)


def test_direct_with_threads(raw: Path, expected: dict[str, str], tmp_path: Path) -> None:
    flags = ("--direct_num_workers=2", "--direct_running_mode=multi_threading")
    assert converted(raw, tmp_path, *flags) == expected


def test_direct_with_processes(raw: Path, expected: dict[str, str], tmp_path: Path) -> None:
    flags = ("--direct_num_workers=2", "--direct_running_mode=multi_processing")
    assert converted(raw, tmp_path, *flags) == expected


def test_portable_with_a_job_service_and_this_process_as_its_worker(
    raw: Path, expected: dict[str, str], tmp_path: Path, job_endpoint: str
) -> None:
    flags = ("--runner=PortableRunner", f"--job_endpoint={job_endpoint}", "--environment_type=LOOPBACK")
    assert converted(raw, tmp_path / "out", *flags) == expected


def test_dask_with_a_cluster_of_its_own(raw: Path, expected: dict[str, str], tmp_path: Path) -> None:
    try:
        assert converted(raw, tmp_path / "out", "--runner=DaskRunner") == expected
        (raw / "masks" / "005.png").rename(tmp_path / "005.png")
        with pytest.raises(errors.DataError, match="masks/005.png: the mask of `005` is missing"):
            converted(raw, tmp_path / "broken", "--runner=DaskRunner")
    finally:
        (tmp_path / "005.png").rename(raw / "masks" / "005.png")
        distributed.default_client().shutdown()


def test_workers_that_cannot_see_the_folder_are_found_out(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runner that calls it a success when nothing was written, as Dask's did with some sinks."""
    monkeypatch.setattr(shard_writer.ConvertShard, "process", lambda self, task: iter([task.name]))
    with pytest.raises(errors.UserError, match="says it is done, but of 6 shards 6 are missing, train-records-00000"):
        converted(raw, tmp_path, "--direct_num_workers=1")
