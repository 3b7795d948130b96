"""Bounds of the numbers in settings: what lies outside is named before anything runs."""

from seg_models import errors


def at_least(least: float, settings: object, section: str, *names: str) -> None:
    """Raises UserError where one of the named fields of a section is below `least`; None passes, NaN does not."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and not value >= least:
            raise errors.UserError(f"`{section}.{name}` is {value}; expected {least} or more.")


def above(limit: float, settings: object, section: str, *names: str) -> None:
    """Raises UserError where one of the named fields of a section is not above `limit`; None passes, NaN does not."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and not value > limit:
            raise errors.UserError(f"`{section}.{name}` is {value}; expected more than {limit}.")


def below(limit: float, settings: object, section: str, *names: str) -> None:
    """Raises UserError where one of the named fields of a section is not below `limit`; None passes, NaN does not."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and not value < limit:
            raise errors.UserError(f"`{section}.{name}` is {value}; expected less than {limit}.")
