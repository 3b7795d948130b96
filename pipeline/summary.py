"""The last lines of a run: scores, blessed or not and why, where everything is, what to type next."""

import math
from collections.abc import Iterator

from pipeline import deployment, publish
from seg_models import errors, scores

# What is worth a line, in this order, where the metrics give it: (key, name for people).
SHOWN = (
    ("mean_iou", "mIoU"),
    ("pixel_accuracy", "pixel accuracy"),
    ("pq", "PQ"),
    ("things.pq", "PQ of things"),
    ("stuff.pq", "PQ of stuff"),
)


def lines(outcome: publish.Outcome, where: deployment.Deployment) -> Iterator[str]:
    """The summary, line by line."""
    yield f"scores   {', '.join(_scores(outcome.scores))}"
    if outcome.verdict.blessed:
        yield "gate     blessed" + _listed(sentence for sentence, _ in outcome.verdict.conditions)
    else:
        yield "gate     refused, not pushed" + _listed(outcome.verdict.failed)
    root = deployment.shown(where.root)
    if outcome.version:
        yield f"model    {root}/serving/{outcome.version}"
        if int(outcome.newest) > int(outcome.version):
            yield f"         a server takes the newer version {outcome.newest}; remove that folder to serve this one"
    yield f"report   {root}/report.html"
    yield f"records  {root}/records"
    yield f"curves   tensorboard --logdir {root}/tensorboard"
    if outcome.version:
        model = f"{root}/serving/{outcome.version}"
        yield f"next     segline predict --model {model} IMAGE... --output_dir {root}/predictions"
    else:
        yield f"next     look at {root}/report.html; train longer, or lower the gate"


def _scores(found: scores.Scores) -> Iterator[str]:
    for key, name in SHOWN:
        try:
            score = scores.lookup(found, key)
        except errors.UserError:
            continue
        if not math.isnan(score):
            yield f"{name} {score:.3f}"


def _listed(sentences: Iterator[str]) -> str:
    text = "; ".join(sentences)
    return f": {text}" if text else ""
