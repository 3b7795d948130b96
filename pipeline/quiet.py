"""Silence but for this project: TensorFlow, Beam and TFX write thousands of lines that no user can act upon."""

import logging
import os
import sys
import warnings

VERBOSE = "SEGLINE_VERBOSE"


def down() -> None:
    """Leaves only what this project says; call it before importing the others. SEGLINE_VERBOSE=1 leaves everything."""
    talk = logging.getLogger("segline")
    if not talk.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("      %(message)s"))
        talk.addHandler(handler)
        talk.setLevel(logging.INFO)
        talk.propagate = False
    # Beam takes unknown options of the process for its own and warns of each.
    sys.argv = sys.argv[:1]
    if os.environ.get(VERBOSE):
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Processes that Beam starts inherit this.
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    warnings.simplefilter("ignore")
    for name in ("tensorflow", "root", "apache_beam", "distributed", "h5py", "PIL"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # These log an exception as an error before they raise it; it is shown once, where it arrives.
    for name in ("absl", "apache_beam.runners"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    from absl import logging as absl_logging

    absl_logging.set_verbosity(absl_logging.FATAL)
