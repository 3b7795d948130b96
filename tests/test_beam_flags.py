"""beam_flags: Beam's own options beside those of the data set, and each runner built without being started."""

import argparse
import dataclasses
import http.server
import threading
from collections.abc import Iterator

import pytest
from apache_beam.options import pipeline_options
from apache_beam.runners.dask import dask_runner
from apache_beam.runners.dataflow import dataflow_runner
from apache_beam.runners.direct import direct_runner
from apache_beam.runners.portability import flink_runner, portable_runner, spark_runner

from pipeline import arguments, beam_flags, cli


@dataclasses.dataclass(frozen=True)
class Config:
    """A data set's, one field of which is also an option of Beam."""

    data_dir: str = ""
    labels: str = ""


def parsed(*argv: str) -> argparse.Namespace:
    parser = arguments.Parser(prog="segline convert")
    parser.add_argument("--output_dir")
    return arguments.parse(parser, list(argv), takes_fields=True)


def test_options_are_dealt_out_to_the_data_set_and_to_beam() -> None:
    options = ("--labels", "x", "--runner", "FlinkRunner", "--experiments=a", "--experiments", "b")
    typed = parsed(*options, "--output_dir=o")
    flags = beam_flags.taken_out(typed, Config())
    assert typed.fields == {"labels": "x"} and typed.output_dir == "o"
    assert flags == ["--runner=FlinkRunner", "--experiments=a", "--experiments=b"]


def test_an_option_without_a_value_is_a_switch() -> None:
    typed = parsed("--save_main_session")
    assert beam_flags.taken_out(typed, Config()) == ["--save_main_session"]


@pytest.mark.parametrize(
    ("option", "nearest"),
    [
        ("--direct_num_worker", "direct_num_workers"),
        ("--flink_mastr", "flink_master"),
        ("--dask_client_adress", "dask_client_address"),
        ("--data_dirr", "data_dir"),
        ("--output_dirr", "output_dir"),
        ("--experimnts", "experiments"),
    ],
)
def test_a_misspelt_option_gets_the_nearest_of_all(option: str, nearest: str) -> None:
    with pytest.raises(arguments.UsageError, match=f"no option `{option}`. Did you mean `--{nearest}`"):
        beam_flags.taken_out(parsed(option, "2"), Config())


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--direct_num_workers=many"], "--direct_num_workers: invalid int value: 'many'"),
        (["--direct_running_mode=threads"], "invalid choice: 'threads' .choose from 'in_memory'"),
        (["--runner=FlinkRuner"], "Did you mean `FlinkRunner`"),
        (["--runner=no.such.Runner"], "`--runner no.such.Runner` cannot be used: No module named 'no'"),
        (["--runner=DaskRunner", "--direct_num_workers=2"], "`--direct_num_workers=2` says nothing to DaskRunner"),
        (["--flink_version=0.1"], "--flink_version: invalid choice"),
    ],
)
def test_wrong_values_are_one_sentence(flags: list[str], message: str) -> None:
    with pytest.raises(arguments.UsageError, match=message):
        beam_flags.pipeline(flags)


def test_without_flags_all_cores_are_used() -> None:
    made = beam_flags.pipeline([])
    options = made.options.view_as(pipeline_options.DirectOptions)
    assert isinstance(made.runner, direct_runner.SwitchingDirectRunner)
    assert (options.direct_num_workers, options.direct_running_mode) == (0, "in_memory")
    made = beam_flags.pipeline(["--direct_num_workers=1"])
    assert made.options.view_as(pipeline_options.DirectOptions).direct_num_workers == 1


def test_dask_gets_its_own_options_and_a_shard_a_piece() -> None:
    made = beam_flags.pipeline(["--runner=DaskRunner", "--dask_client_address=tcp://host:8786"])
    assert isinstance(made.runner, dask_runner.DaskRunner)
    options = made.options.view_as(dask_runner.DaskOptions)
    assert options.get_all_options(drop_default=True) == {"address": "tcp://host:8786", "partition_size": 1}
    made = beam_flags.pipeline(["--runner=DaskRunner", "--dask_npartitions=3"])
    assert made.options.view_as(dask_runner.DaskOptions).get_all_options(drop_default=True) == {"npartitions": 3}


def test_runners_that_cannot_start_here_are_built_with_their_options() -> None:
    made = beam_flags.pipeline(["--runner=FlinkRunner", "--flink_master=host:8081", "--parallelism=8"])
    flink = made.options.view_as(pipeline_options.FlinkRunnerOptions)
    assert isinstance(made.runner, flink_runner.FlinkRunner)
    assert (flink.flink_master, flink.parallelism) == ("host:8081", 8)

    made = beam_flags.pipeline(["--runner=SparkRunner", "--spark_master_url=spark://host:7077"])
    assert isinstance(made.runner, spark_runner.SparkRunner)
    assert made.options.view_as(pipeline_options.SparkRunnerOptions).spark_master_url == "spark://host:7077"

    portable = ["--runner=PortableRunner", "--job_endpoint=host:8099", "--environment_type=LOOPBACK"]
    made = beam_flags.pipeline(portable)
    assert isinstance(made.runner, portable_runner.PortableRunner)
    assert made.options.view_as(pipeline_options.PortableOptions).environment_type == "LOOPBACK"


class Bucket(http.server.BaseHTTPRequestHandler):
    """Google's storage as far as the validation of options asks it: any bucket is there."""

    def do_GET(self) -> None:  # noqa: N802, the name is the library's
        """Answers."""
        answer = b'{"kind": "storage#bucket", "name": "bucket"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Google's client libraries ask a server of this process."""
    with http.server.HTTPServer(("localhost", 0), Bucket) as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://localhost:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def test_dataflow_is_built_with_its_options_and_says_what_is_missing(buckets: None) -> None:
    cloud = ["--runner=DataflowRunner", "--no_auth", "--region=europe-west4", "--temp_location=gs://bucket/t"]
    made = beam_flags.pipeline([*cloud, "--project=my-project", "--setup_file=./setup.py", "--max_num_workers=20"])
    google = made.options.view_as(pipeline_options.GoogleCloudOptions)
    assert isinstance(made.runner, dataflow_runner.DataflowRunner)
    assert (google.project, google.region, google.temp_location) == ("my-project", "europe-west4", "gs://bucket/t")
    assert made.options.view_as(pipeline_options.WorkerOptions).max_num_workers == 20
    assert made.options.view_as(pipeline_options.SetupOptions).setup_file == "./setup.py"
    with pytest.raises(arguments.UsageError, match="DataflowRunner` cannot be used: .*required option: project"):
        beam_flags.pipeline(cloud)


def test_the_command_line_refuses_before_it_converts(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["convert", "toy_streets", "--output_dir", "nowhere", "--direct_num_worker", "2"]
    assert cli.main(command) == 2
    assert "Did you mean `--direct_num_workers`" in capsys.readouterr().err
