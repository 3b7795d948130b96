"""The page of models names every model and part, and says of it what it says of itself."""

from tests import model_table


def test_the_page_names_everything() -> None:
    written = model_table.PAGE.read_text(encoding="utf-8")
    for package in ("models", *model_table.PARTS):
        for line in model_table.lines(package):
            assert f"\n{line}" in written, "`python -m tests.model_table` writes it"
