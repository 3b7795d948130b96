"""The gate: is a model good enough to be pushed? Every condition is a sentence for people. No TensorFlow."""

import dataclasses
import math
from collections.abc import Mapping

from seg_models import config, dataset, errors, metric, registry, scores

NO_LAST = "there is no blessed model yet"


@dataclasses.dataclass(frozen=True)
class GateResult:
    """What became of a model at the gate.

    Attributes:
      blessed: all conditions hold.
      conditions: (sentence, holds).
    """

    blessed: bool
    conditions: tuple[tuple[str, bool], ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """The sentences of the conditions that do not hold."""
        return tuple(sentence for sentence, holds in self.conditions if not holds)


def apply(
    found: Mapping[str, object], gate: config.Gate, last: Mapping[str, object] | None, *, no_last: str = NO_LAST
) -> GateResult:
    """Judges scores by a gate.

    Args:
      found: the scores of the model.
      gate: the conditions.
      last: the scores of the last blessed model on the same records; None where there are none.
      no_last: why there are none, for the sentence.

    Raises:
      UserError: the gate names a score that no metric gives.
    """
    check(gate, found)
    conditions = [_minimum(found, key, minimum) for key, minimum in gate.minimum]
    if gate.no_worse_than_last_by is not None:
        conditions.append(_no_worse(found, gate, last, no_last))
    return GateResult(all(holds for _, holds in conditions), tuple(conditions))


def check(gate: config.Gate, found: Mapping[str, object]) -> None:
    """Raises UserError, with the nearest spelling, where a gate names a score that is not among `found`."""
    compared = [gate.metric] if gate.no_worse_than_last_by is not None else []
    for key in [*(key for key, _ in gate.minimum), *compared]:
        try:
            scores.lookup(found, key)
        except errors.UserError as error:
            raise errors.UserError(f"The gate asks for `{key}`. {error}") from None


def possible_scores(info: dataset.DatasetInfo, evaluation: config.Evaluation) -> dict[str, object]:
    """The scores that an evaluation will give, all still undefined: to `check` a gate before anything has run."""
    built = [registry.find("seg_models.metrics", name).build(info, metric.Options()) for name in evaluation.metrics]
    return scores.merge([each.result() for each in built])


def _minimum(found: Mapping[str, object], key: str, minimum: float) -> tuple[str, bool]:
    score = scores.lookup(found, key)
    if math.isnan(score):
        return (
            f"{key} is undefined for this model on these records, so it cannot reach the minimum {minimum:.3f}",
            False,
        )
    shown, limit = _told_apart(score, minimum)
    if score < minimum:
        return f"{key} {shown} is below the minimum {limit}", False
    return f"{key} {shown} reaches the minimum {limit}", True


def _no_worse(
    found: Mapping[str, object], gate: config.Gate, last: Mapping[str, object] | None, no_last: str
) -> tuple[str, bool]:
    key, allowed, score = gate.metric, gate.no_worse_than_last_by, scores.lookup(found, gate.metric)
    if math.isnan(score):
        return (
            f"{key} is undefined for this model on these records, so it cannot be compared with the last blessed model",
            False,
        )
    if last is None:
        return f"{key} is compared with nothing: {no_last}", True
    before = scores.lookup(last, key)
    # Where the last model has no score, any score is better; a failure here would bar all models to come.
    if math.isnan(before):
        return f"{key} is compared with nothing: it is undefined for the last blessed model", True
    lowest = before - allowed
    shown, limit = _told_apart(score, lowest)
    bound = f"the last blessed model's {before:.{len(limit) - 2}f} less {allowed:g}"
    if score < lowest:
        return f"{key} {shown} is below {limit}, {bound}", False
    return f"{key} {shown} is not below {limit}, {bound}", True


def _told_apart(score: float, limit: float) -> tuple[str, str]:
    """Both with three digits, or with as many as it takes to see which is lower."""
    for digits in range(3, 17):
        texts = f"{score:.{digits}f}", f"{limit:.{digits}f}"
        if texts[0] != texts[1] or score == limit:
            break
    return texts
