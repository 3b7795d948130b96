"""Makes the table: `make bench-camvid`, or `python -m tests.benchmarks.camvid [NAME ...] [--seconds 360]`.

One row a model, each in a process of its own, one after another. A row that is there is not made again; take its JSON
file away to have it made anew. The peers run in .venv-peers, which `make peers` sets up; without it their rows are left
out. The page is written after every row.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import subprocess
import sys
from pathlib import Path

import apache_beam as beam

from components import conversion
from seg_models.datasets import camvid as dataset
from tests import conftest
from tests.benchmarks.camvid import models, page

RESULTS = conftest.ROOT / "tests" / "benchmarks" / "results" / "camvid"
RECORDS = conftest.ROOT / "runs" / "bench_camvid" / "records"
PEERS_PYTHON = conftest.ROOT / ".venv-peers" / "bin" / "python"
DATA = Path(os.environ.get("SEGLINE_TEST_DATA", conftest.ROOT.parent / "shared" / "data")) / "camvid"


def main() -> None:
    """Makes the rows that are missing, and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"rows: {', '.join(models.ROWS)}; none: all")
    parser.add_argument("--seconds", type=float, default=360, help="of training for each model")
    parser.add_argument("--data_dir", type=Path, default=DATA)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(models.ROWS))
    if unknown:
        raise SystemExit(f"No row {', '.join(unknown)}; there are {', '.join(models.ROWS)}.")
    options.results.mkdir(parents=True, exist_ok=True)
    conversion.convert(dataset.Config(data_dir=str(options.data_dir)), str(RECORDS), beam.Pipeline())
    for name in options.names or models.ROWS:
        if not (options.results / f"{name}.json").exists():
            _make(name, options)
            page.write(options.results)
    page.write(options.results)


def _make(name: str, options: argparse.Namespace) -> None:
    """One row, in a process of its own."""
    python = PEERS_PYTHON if models.ROWS[name].is_peer else Path(sys.executable)
    if not python.exists():
        print(f"{name}: left out, for {python} is not here; `make peers` sets it up.", flush=True)
        return
    command = [python, "-m", "tests.benchmarks.camvid.one_row", name, "--records", RECORDS]
    command += ["--seconds", options.seconds, "--output", options.results]
    ended = subprocess.run([str(part) for part in command], cwd=conftest.ROOT, check=False)
    if ended.returncode:
        print(f"{name}: no row, its process ended with exit code {ended.returncode}.", flush=True)


if __name__ == "__main__":
    main()
