"""The table of data sets says what the data sets say."""

from tests import dataset_table


def test_the_page_is_what_the_data_sets_say_of_themselves() -> None:
    written = dataset_table.PAGE.read_text(encoding="utf-8")
    assert written == dataset_table.page(), "`python -m tests.dataset_table` writes it"
