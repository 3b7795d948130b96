"""The report's page: its parts in order, in one file that needs no other."""

from seg_models import config, scores
from seg_models.report import charts, classes, confusion, document, findings, overview, pictures

PAGE = "report.html"
METRICS = "metrics.json"
GATE = "gate.json"


def files(found: findings.Findings) -> dict[str, bytes]:
    """All that an evaluation leaves: relative name -> content."""
    told = {**found.scores, **({} if found.gate is None else {"blessed": found.gate.blessed})}
    gate = {} if found.gate is None else {GATE: config.to_json(found.gate).encode()}
    return {METRICS: scores.to_json(told).encode(), **gate, **pictures.files(found), PAGE: render(found).encode()}


def render(found: findings.Findings) -> str:
    """The HTML page."""
    title = f"Evaluation on {found.info.name}"
    sections = (
        document.Section("panoptic", "Panoptic quality", overview.panoptic_table(found.scores)),
        document.Section("classes", "Classes", classes.table(found)),
        document.Section("confusion", "Confusion matrix", confusion.section(found)),
        document.section("training", "Training", _training(found)),
        document.Section("images", "Images", pictures.section(found)),
    )
    head = overview.verdict(found.gate) + overview.headlines(found.scores)
    return document.render(title, _summary(found), head, sections)


def _summary(found: findings.Findings) -> str:
    """What was judged, in one line."""
    told = [f"{found.scores['images']:,} images", f"{found.pixels / 1e6:,.1f} million pixels"]
    told += [f"{found.info.num_categories} classes, {len(found.info.thing_ids)} of them things"]
    told += [f"{found.scores['images'] / found.seconds:.1f} images a second"] if found.seconds else []
    return " · ".join(told)


def _training(found: findings.Findings) -> str:
    """The training's curves over its steps; empty where there is no history."""
    # A part of a loss may be called as a group of scores is, such as "stuff" of panoptic quality.
    scored = {name for name, value in found.scores.items() if isinstance(value, float)}
    drawn = "".join(
        f"<div><h3>{title}</h3>{charts.line_chart(series, title)}{charts.key(series)}</div>"
        for title, series in charts.training_curves(found.history, scored).items()
    )
    return f'<div class="charts">{drawn}</div>' if drawn else ""
