"""The report: one self-contained page that holds what was measured, for few classes and for many."""

import base64
import dataclasses
import html.parser
import io
import json
import math
import re

import numpy as np
import pytest
from PIL import Image

from seg_models import config, dataset, gallery, gate, metric, registry, scores
from seg_models.report import classes, confusion, findings, overview, page, pictures

HOSTILE = 'a <script>alert("x")</script> & b'
VOID_ELEMENTS = {"meta", "img"}


def _info(count: int) -> dataset.DatasetInfo:
    names = [HOSTILE, *(f"class {index}" for index in range(1, count))]
    categories = (dataset.Category(name, (index, 255 - index, 90), index % 3 == 1) for index, name in enumerate(names))
    return dataset.DatasetInfo(HOSTILE, tuple(categories), ())


def _findings(count: int = 4, *, predicts_things: bool = True) -> findings.Findings:
    """Findings of four noisy images; the last class never occurs."""
    info, random = _info(count), np.random.default_rng(0)
    options = metric.Options(predicts_things=predicts_things)
    built = [registry.find("seg_models.metrics", name).build(info, options) for name in config.Evaluation().metrics]
    shown = gallery.Gallery(1)
    for index in range(4):
        truth = np.kron(random.integers(0, count - 1, (4, 5)), np.ones((6, 6), int))
        predicted = np.where(random.random(truth.shape) < 0.2, random.integers(0, count - 1, truth.shape), truth)
        truth, predicted = _maps(truth, info), _maps(predicted, info)
        for each in built:
            each.update(truth, predicted)
        shown.offer(f"{HOSTILE}{index}", index / 4, _drawing(f"{HOSTILE}{index}", index / 4, truth, predicted))
    found = scores.merge([each.result() for each in built])
    return findings.Findings(
        info=info,
        scores={**found, "images": 4},
        gate=gate.apply(found, config.Gate("pq", (("mean_iou", 0.99), ("pixel_accuracy", 0.1))), None),
        predicts_things=predicts_things,
        matrix=np.column_stack([built[0].matrix, built[0].missed]),
        gallery=shown,
        history=tuple(
            {"step": step, "loss": 1 / step, "mean_iou": 0.1 * step, "learning_rate": 1e-3} for step in (1, 2, 4)
        ),
        pixels=4 * 24 * 30,
        seconds=2.0,
    )


def _drawing(key: str, score: float, truth: metric.Maps, predicted: metric.Maps) -> gallery.Draw:
    """Draws the sample of one image of noise."""
    image = np.random.default_rng(0).integers(0, 255, (*truth.semantic.shape, 3)).astype(np.uint8)
    return lambda: gallery.sample(key, (("pq", score), ("mean_iou", 0.25)), image, (truth, predicted))


def _maps(semantic: np.ndarray, info: dataset.DatasetInfo) -> metric.Maps:
    panoptic = semantic * info.label_divisor
    return metric.Maps(
        semantic, panoptic, {int(i): metric.Segment(int(i) // info.label_divisor) for i in np.unique(panoptic)}
    )


class _Checked(html.parser.HTMLParser):
    """Fails on elements that are not closed in order; gathers tags, text and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("count", [2, 4, 30, 150])
def test_the_page_is_well_formed_and_self_contained(count: int) -> None:
    parsed = _Checked(page.render(_findings(count)))
    assert "script" not in parsed.tags and "link" not in parsed.tags
    targets = [value for name, value in parsed.attributes if name in ("src", "href")]
    assert targets and all(value.startswith(("data:image/", "#")) for value in targets)
    assert "HTTP" not in "".join(parsed.text).upper()


def test_links_lead_somewhere() -> None:
    parsed = _Checked(page.render(_findings()))
    ids = {value for name, value in parsed.attributes if name == "id"}
    assert {value[1:] for name, value in parsed.attributes if name == "href"} == ids


def test_names_are_escaped() -> None:
    text = page.render(_findings())
    assert "<script" not in text
    shown = "".join(_Checked(text).text)
    assert f"Evaluation on {HOSTILE}" in shown


def test_scores_and_verdict_are_told() -> None:
    found = _findings()
    shown = "".join(_Checked(page.render(found)).text)
    assert f"{found.scores['mean_iou']:.3f}" in shown and f"{found.scores['things']['pq']:.3f}" in shown
    assert "Not blessed" in shown
    assert all(sentence in shown for sentence, _ in found.gate.conditions)
    assert "mean of the classes' own products" in shown


def test_the_banner_follows_the_gate() -> None:
    assert "Blessed" in overview.verdict(gate.GateResult(True, ())) and "no condition" in overview.verdict(
        gate.GateResult(True, ())
    )
    assert overview.verdict(None) == ""


def test_a_loss_that_is_called_as_a_group_of_scores_is_drawn_as_a_loss() -> None:
    found = _findings()
    assert isinstance(found.scores["stuff"], dict)
    found = dataclasses.replace(found, history=({"step": 1, "loss": 2.0, "stuff": 0.75, "mean_iou": 0.5, "pq": 0.25},))
    drawn = page.render(found).partition("<h3>Loss</h3>")[2].partition("</section>")[0]
    loss, _, evaluation = drawn.partition("<h3>Evaluation scores</h3>")
    assert "stuff 0.75 at step 1" in loss and "stuff 0.75" not in evaluation
    assert "mean_iou 0.5 at step 1" in evaluation and "pq 0.25 at step 1" in evaluation


def test_undefined_scores_are_dashes() -> None:
    found = _findings(predicts_things=False)
    found = dataclasses.replace(found, scores={**found.scores, "note": "stuff <alone>"})
    table = overview.panoptic_table(found.scores)
    assert table.count("undefined") == 6 and "stuff &lt;alone&gt;" in table
    assert not re.search(r"\bnan\b", "".join(_Checked(page.render(found)).text).lower())
    assert "Panoptic quality" not in overview.headlines({"pq": math.nan, "mean_iou": 0.5})


def test_metrics_of_other_people_get_a_card() -> None:
    assert "boundary_f1" in overview.headlines({"boundary_f1": 0.5, "images": 3, "note": "text"})


def test_bars_are_as_long_as_the_scores() -> None:
    found = _findings()
    widths = re.findall(r"width:([0-9.]+)%", classes.table(found))
    ious = [row["iou"] for row in found.scores["per_class"].values() if not math.isnan(row["iou"])]
    pqs = [row["pq"] for row in found.scores["per_class"].values() if not math.isnan(row["pq"])]
    assert sorted(map(float, widths)) == sorted(round(100 * score, 1) for score in ious + pqs)


def test_the_matrix_shows_shares_and_counts() -> None:
    found = _findings()
    text = confusion.section(found)
    row = found.matrix[0]
    assert f"class 2: {row[2]:,} px, {100 * row[2] / row.sum():.2f} %" in text
    assert f"{100 * row[0] / row.sum():.0f}</td>" in text
    assert "void" not in text


def test_the_matrix_has_a_void_column_where_void_is_predicted() -> None:
    found = _findings()
    found.matrix[1, -1] = 50
    assert "class 1 → void: 50 px" in confusion.section(found)


def test_the_worst_mix_up_comes_first() -> None:
    found = _findings()
    found.matrix[1, 2] = 100_000
    assert re.findall(r"<li><b>(.*?)</b> taken for <b>(.*?)</b>", confusion.section(found))[0] == ("class 1", "class 2")


def test_a_large_matrix_stays_bare_where_it_is_empty() -> None:
    found = _findings(150)
    assert confusion.section(found).count("<td></td>") > 15_000
    assert len(page.render(found)) < 2_000_000


def test_sections_without_content_are_left_out() -> None:
    found = dataclasses.replace(
        _findings(), scores={"images": 4, "mine": 0.5}, matrix=None, gate=None, gallery=gallery.Gallery(0), history=()
    )
    parsed = _Checked(page.render(found))
    assert parsed.tags.count("section") == 1
    assert "h2" not in parsed.tags


def test_pictures_show_errors() -> None:
    found = _findings()
    drawn = dict(pictures.drawn(found.gallery.worst[0], found.info, found.predicts_things))
    assert list(drawn) == ["Image", "Truth", "Prediction", "Errors"]
    assert {tuple(color) for color in drawn["Errors"].reshape(-1, 3)} == {(58, 150, 84), (214, 48, 49)}


def test_embedded_pictures_can_be_decoded() -> None:
    sources = re.findall(r'src="data:image/(\w+);base64,([^"]+)"', page.render(_findings()))
    assert len(sources) == 3 * 4
    for kind, encoded in sources:
        image = Image.open(io.BytesIO(base64.b64decode(encoded)))
        assert (image.format.lower(), image.size) == (kind, (8 * 30, 8 * 24))


def test_files_beside_the_page() -> None:
    files = page.files(_findings())
    assert {name.split("-")[0] for name in files} == {
        "report.html",
        "metrics.json",
        "gate.json",
        "gallery/best",
        "gallery/worst",
        "gallery/random",
    }
    assert all(re.fullmatch(r"[\w./-]+", name) for name in files)
    told = json.loads(files["metrics.json"])
    assert told["blessed"] is False and told["images"] == 4
    assert told["per_class"]["class 3"]["iou"] is None
