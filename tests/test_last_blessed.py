"""The model to compare with, among artifacts made by hand."""

from tfx.types import standard_artifacts

from components import last_blessed


def model(number: int) -> standard_artifacts.Model:
    """A model artifact with an id."""
    made = standard_artifacts.Model()
    made.id = number
    return made


def blessing(number: int, blessed: bool) -> standard_artifacts.ModelBlessing:
    """A verdict on a model."""
    made = standard_artifacts.ModelBlessing()
    made.set_int_custom_property("current_model_id", number)
    made.set_int_custom_property("blessed", int(blessed))
    return made


def resolved(candidate: int, verdicts: dict[int, bool], models: tuple[int, ...]) -> list[int]:
    """The ids of the models found."""
    given = {
        last_blessed.MODEL: [model(number) for number in models],
        last_blessed.BLESSING: [blessing(number, blessed) for number, blessed in verdicts.items()],
        last_blessed.CANDIDATE: [model(candidate)],
    }
    found = last_blessed.LastBlessedModel().resolve_artifacts(None, given)
    assert set(found) == set(given)
    return [each.id for each in found[last_blessed.MODEL]]


def test_the_latest_blessed_model_is_found() -> None:
    assert resolved(9, {3: True, 5: True, 7: False}, (3, 5, 7, 9)) == [5]


def test_the_candidate_is_not_compared_with_itself() -> None:
    assert resolved(5, {3: True, 5: True}, (3, 5)) == [3]
    assert resolved(5, {5: True}, (5,)) == []


def test_nothing_is_found_where_nothing_is_blessed() -> None:
    assert resolved(1, {}, (1,)) == []
    assert resolved(3, {2: False}, (2, 3)) == []
