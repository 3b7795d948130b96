"""The last lines of a run."""

import math

from pipeline import deployment, publish, summary
from seg_models import gate

SCORES = {"mean_iou": 0.8125, "pq": math.nan, "stuff": {"pq": 0.5}, "things": {"pq": math.nan}}


def lines(verdict: gate.GateResult, version: str, newest: str) -> str:
    """The summary of a run in runs/x."""
    outcome = publish.Outcome(SCORES, verdict, version, newest)
    return "\n".join(summary.lines(outcome, deployment.local("runs/x", "x")))


def test_a_blessed_model_says_where_it_is_and_what_to_type_next() -> None:
    text = lines(gate.GateResult(True, (("mean_iou 0.8 reaches the minimum 0.7", True),)), "12", "12")
    assert "mIoU 0.812, PQ of stuff 0.500\n" in text and "nan" not in text
    assert "blessed: mean_iou 0.8 reaches the minimum 0.7" in text
    assert "segline predict --model runs/x/serving/12 " in text
    assert "runs/x/report.html" in text and "newer" not in text


def test_a_refused_model_says_why() -> None:
    conditions = (("mean_iou 0.8 reaches the minimum 0.7", True), ("pq 0.1 is below the minimum 0.5", False))
    text = lines(gate.GateResult(False, conditions), "", "11")
    assert "refused, not pushed: pq 0.1 is below the minimum 0.5\n" in text
    assert "serving" not in text and "predict" not in text


def test_a_newer_version_of_another_run_is_named() -> None:
    text = lines(gate.GateResult(True, ()), "99", "100")
    assert "newer version 100" in text and "gate     blessed\n" in text
    assert "newer" not in lines(gate.GateResult(True, ()), "100", "99")
