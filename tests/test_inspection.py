"""inspection: counts add in any order, the table can be read, the files hold everything."""

import csv
import io
import json

from seg_models import dataset, inspection


def found(count: int, kind: str = "area", split: str = "train") -> list[inspection.Placed]:
    return [inspection.Placed(split, f"{index:03d}", kind, f'"x", {index}:\nä.') for index in range(count)]


def summary(several: list[inspection.Placed], **items: int) -> inspection.Summary:
    made = inspection.Summary()
    made.items.update(items)
    for each in several:
        made.add(each)
    return made


def test_summaries_add_in_any_order_and_keep_few() -> None:
    parts = [summary(found(5)[index : index + 2], train=2) for index in (0, 2, 4)]
    parts[0].rebuilt = 3
    for order in (parts, parts[::-1]):
        total = inspection.merged(order)
        assert total.counts == {("area", "train"): 5} and total.items == {"train": 6} and total.rebuilt == 3
        assert [each.key for each in total.first["area"]] == ["000", "001", "002"]


def test_errors_are_told_from_doubts() -> None:
    assert not summary(found(3)).has_errors
    assert summary(found(1, "changed")).has_errors and summary(found(1, "error")).has_errors
    assert set(inspection.ERRORS) <= set(dataset.FINDING_KINDS)


def test_the_table_puts_errors_first_and_splits_in_order() -> None:
    several = [*found(4), *found(1, "error", "eval"), *found(2, "count", ""), *found(1, "area", "extra")]
    shown = inspection.table(summary(several, train=10, eval=2, extra=1)).splitlines()
    assert [line.split() for line in shown[:5]] == [
        ["finding", "train", "eval", "extra", "(all)"],
        ["error", "0", "1", "0", "0"],
        ["area", "4", "0", "1", "0"],
        ["count", "0", "0", "0", "2"],
        ["looked", "at", "10", "2", "1", "0"],
    ]
    assert "area: another area than the pixels have" in shown and "  and 2 more" in shown
    assert inspection.verdict(summary(several, train=9)) == "9 images looked at: 1 wrong, 7 doubtful."
    assert "mine: \n" in inspection.table(summary(found(1, "mine"))), "a kind of somebody's own"


def test_files_hold_everything() -> None:
    several = found(7)
    lines = list(map(inspection.to_line, several))
    assert [inspection.from_line(line) for line in lines] == several
    told = json.loads(b"".join(inspection.json_parts("made", summary(several, train=9), lines)))
    assert told["dataset"] == "made" and told["items"] == {"train": 9}
    assert told["counts"] == [{"kind": "area", "split": "train", "count": 7}]
    assert [inspection.Placed(**each) for each in told["findings"]] == several
    rows = list(csv.reader(io.StringIO(b"".join(inspection.csv_parts(lines)).decode(), newline="")))
    assert rows == [list(inspection.COLUMNS), *map(list, several)]
    assert json.loads(b"".join(inspection.json_parts("made", summary([]), [])))["findings"] == []
