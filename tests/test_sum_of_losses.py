"""Sums of losses: factors, what the terms prepare, nesting."""

from typing import Any

import pytest

from seg_models import errors, soft_counts
from seg_models.losses import boundary, cross_entropy, dice, focal_tversky, jaccard, sum_of_losses, tversky
from tests import four_pixels, tiny_losses

SOME = soft_counts.Scope(skip_classes=(0,))


def test_terms_are_weighed_and_added() -> None:
    terms = cross_entropy.Config(), dice.Config(), jaccard.Config()
    expected = sum(factor * four_pixels.cost(term) for factor, term in zip((2.0, 0.5, -1.0), terms))
    assert four_pixels.cost(sum_of_losses.Config(terms, (2.0, 0.5, -1.0))) == pytest.approx(expected)


def test_what_terms_prepare_keeps_apart() -> None:
    """Two of a kind with different settings, and one of them in a sum within the sum."""
    every, some = boundary.Config(), boundary.Config((0, 1))
    nested = sum_of_losses.Config((some, sum_of_losses.Config((every, some), (1.0, 1.0))), (1.0, 10.0))
    batch, logits, weight = tiny_losses.batch(), tiny_losses.logits(), tiny_losses.weight()
    costs = {}
    for config in (every, some, nested):
        costs[config] = float(tiny_losses.cost(config, tiny_losses.prepared(config, batch), logits, weight))
    assert costs[every] != pytest.approx(costs[some], rel=0.01)
    assert costs[nested] == pytest.approx(11 * costs[some] + 10 * costs[every])
    assert len(sum_of_losses.prepare(nested, tiny_losses.INFO, batch)) == 3


def test_nothing_is_prepared_where_nothing_is_needed() -> None:
    assert not sum_of_losses.prepare(sum_of_losses.Config(), tiny_losses.INFO, tiny_losses.batch())


@pytest.mark.parametrize(
    "config", [boundary.Config((0,)), dice.Config(scope=SOME), focal_tversky.Config(index=tversky.Config(scope=SOME))]
)
def test_skipped_classes_are_found_in_any_part(config: Any) -> None:
    assert sum_of_losses.skips_classes(config)
    nested = sum_of_losses.Config((cross_entropy.Config(), sum_of_losses.Config((config,), (1.0,))))
    assert sum_of_losses.skips_classes(nested)


def test_no_default_skips_classes() -> None:
    assert not any(sum_of_losses.skips_classes(tiny_losses.CONFIGS[name]) for name in tiny_losses.NAMES)


@pytest.mark.parametrize(("terms", "weights"), [((), ()), ((dice.Config(),), (1.0, 1.0))])
def test_impossible_settings(terms: tuple[dice.Config, ...], weights: tuple[float, ...]) -> None:
    with pytest.raises(errors.UserError, match="expected as many"):
        sum_of_losses.Config(terms, weights)
