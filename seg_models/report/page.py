"""The report's page: its parts in order, in one file that needs no other."""

import html

from seg_models import config, scores
from seg_models.report import charts, classes, confusion, findings, overview, pictures, style

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
        overview.panoptic_table(found.scores),
        classes.table(found),
        confusion.section(found),
        _training(found),
        pictures.section(found),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style.CSS}</style></head>\n<body><main>"
        f"<header><h1>{html.escape(title)}</h1>{_summary(found)}</header>{_links(sections)}"
        f"{overview.verdict(found.gate)}{overview.headlines(found.scores)}\n"
        + "\n".join(sections)
        + "</main></body></html>\n"
    )


def _summary(found: findings.Findings) -> str:
    """What was judged, in one line."""
    told = [f"{found.scores['images']:,} images", f"{found.pixels / 1e6:,.1f} million pixels"]
    told += [f"{found.info.num_categories} classes, {len(found.info.thing_ids)} of them things"]
    told += [f"{found.scores['images'] / found.seconds:.1f} images a second"] if found.seconds else []
    return f'<p class="note">{" · ".join(told)}</p>'


def _links(sections: tuple[str, ...]) -> str:
    """Links to the sections that there are."""
    named = (("panoptic", "Panoptic quality"), ("classes", "Classes"), ("confusion", "Confusion matrix"))
    named += (("training", "Training"), ("images", "Images"))
    links = (
        f'<a href="#{name}">{title}</a>' for (name, title), section in zip(named, sections, strict=True) if section
    )
    return f"<nav>{''.join(links)}</nav>"


def _training(found: findings.Findings) -> str:
    """The training's curves over its steps; empty where there is no history."""
    drawn = "".join(
        f"<div><h3>{title}</h3>{charts.line_chart(series, title)}{charts.key(series)}</div>"
        for title, series in charts.training_curves(found.history, found.scores).items()
    )
    return f'<section id="training"><h2>Training</h2><div class="charts">{drawn}</div></section>' if drawn else ""
