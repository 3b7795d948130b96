"""`python beam_runner.py EXPERIMENT [--overrides]`: the whole pipeline, here, on Beam; the same as `segline run`."""

import sys

from pipeline import cli

if __name__ == "__main__":
    sys.exit(cli.main(["run", *sys.argv[1:]]))
