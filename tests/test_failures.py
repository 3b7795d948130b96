"""The user's mistake is found inside what Beam makes of it."""

import apache_beam as beam
import pytest
from apache_beam.options import pipeline_options

from pipeline import failures
from seg_models import errors


def refuse(value: int) -> None:
    """Fails inside a worker."""
    raise errors.DataError(f"mask_{value}.png: raw value 7 is not listed. Add it.")


def defect(value: int) -> None:
    """Fails inside a worker, by a defect."""
    raise KeyError(value)


def failure_of(function: object) -> Exception:
    """What a Beam pipeline raises where its function fails."""
    options = pipeline_options.PipelineOptions(["--runner=DirectRunner", "--direct_running_mode=in_memory"])
    with pytest.raises(Exception) as caught:
        with beam.Pipeline(options=options) as made:
            made | beam.Create([1]) | beam.Map(function)
    return caught.value


def test_a_users_error_comes_out_of_a_beam_pipeline_as_one_sentence() -> None:
    found = failures.user_error(failure_of(refuse))
    assert str(found) == "mask_1.png: raw value 7 is not listed. Add it."


def test_a_defect_stays_a_defect() -> None:
    assert failures.user_error(failure_of(defect)) is None


def test_a_cause_counts() -> None:
    outer = RuntimeError("step failed")
    outer.__cause__ = errors.UserError("no such folder: x")
    assert str(failures.user_error(outer)) == "no such folder: x"


def test_an_error_text_of_several_lines_is_whole() -> None:
    text = "3 of 9 items are broken:\n  a.png: truncated\n  b.png: truncated"
    assert str(failures.user_error(errors.UserError(text))) == text


def test_what_a_runner_lacks_is_a_sentence() -> None:
    error = failures.user_error(NotImplementedError("You must specify a --job_endpoint\n when using it."))
    assert str(error) == "The Beam runner cannot be used: You must specify a --job_endpoint when using it."
    assert failures.user_error(RuntimeError("a defect of ours")) is None
