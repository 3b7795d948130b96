"""The page about records: its sections in order."""

import dataclasses
import html
from collections.abc import Sequence

from seg_models import dataset, inspection, manifest
from seg_models.browse import agreement, findings, scan, statistics
from seg_models.report import classes, document, histograms

INDEX, PICTURES = "index.html", "pictures"
GROUPS = (
    (scan.DOUBTFUL, "With findings"),
    (scan.APART, "Least agreement"),
    (scan.RANDOM, "Random"),
)
# More classes than this scroll in a box of their own.
MANY = 40
AGREEMENT_NOTE = {
    agreement.PIXELS: "share of pixels with the same class",
    agreement.KAPPA: "beyond chance (Cohen 1960)",
    agreement.IOU: "over the classes that either has",
    agreement.DICE: "over the classes that either has",
    agreement.COVERING: "by the best regions, both ways (Arbelaez 2011)",
    agreement.RAND: "share of pairs of pixels that both join or both part",
    agreement.INFORMATION: "0 where the regions are the same",
    agreement.BEST_IOU: "over the objects of both",
    agreement.F_MEASURE: f"a match has an IoU of {agreement.MATCHED} or more",
}


@dataclasses.dataclass(frozen=True)
class Shown:
    """One image on the page.

    Attributes:
      chosen: the record, and what to say about it.
      size: such as "640x480".
      categories: train ids in it.
      pictures: (caption, file name).
    """

    chosen: statistics.Chosen
    size: str
    categories: tuple[int, ...]
    pictures: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Content:
    """All that the page tells.

    Attributes:
      manifest: of the records.
      found: what was counted in them.
      shown: group -> images.
      verified: what `segline verify` found; None where it is not told.
    """

    manifest: manifest.Manifest
    found: statistics.Statistics
    shown: dict[str, list[Shown]]
    verified: findings.Verified | None = None

    @property
    def info(self) -> dataset.DatasetInfo:
        """Of the data set."""
        return self.manifest.info


def render(content: Content) -> str:
    """The HTML page; its pictures lie in the folder PICTURES beside it."""
    sections = (
        document.section("findings", "Findings", findings.html_of(content.found.findings, content.verified)),
        document.section("classes", "Classes", _classes(content)),
        document.section("distributions", "Sizes and counts", _distributions(content.found)),
        document.section("agreement", "Agreement of annotators", _agreement(content.found)),
        document.section("images", "Images", _images(content)),
    )
    return document.render(f"Records of {content.info.name}", _summary(content), _cards(content), sections)


def _summary(content: Content) -> str:
    counted = content.found.splits
    splits = ", ".join(f"{name} {counted[name].all_images:,}" for name in sorted(counted, key=inspection.split_order))
    told = [splits, f"{content.info.num_categories} classes", ", ".join(content.info.tasks)]
    return " · ".join(part for part in (*told, content.info.licence) if part)


def _cards(content: Content) -> str:
    found = content.found
    objects = sum(int(each.objects.sum()) for each in found.splits.values())
    pixels = sum(int(each.pixels.sum()) for each in found.splits.values())
    void = sum(each.void_pixels for each in found.splits.values())
    unlabelled = found.images - sum(each.labelled_images for each in found.splits.values())
    cards = [document.card(f"{found.images:,}", "Images", "in the records that were read")]
    if pixels + void:
        cards.append(document.card(classes.percent(void / (pixels + void)), "Void", "of the labelled images' pixels"))
    if unlabelled and pixels:
        cards.append(document.card(f"{unlabelled:,}", "Images without classes", "usable for prediction"))
    if objects:
        cards.append(document.card(f"{objects:,}", "Objects", f"{objects / max(found.images, 1):.1f} an image"))
    doubts = sum(found.findings.counts.values())
    cards.append(document.card(f"{doubts:,}", "Findings", "doubts about the records"))
    return f'<section class="cards">{"".join(cards)}</section>'


def _classes(content: Content) -> str:
    """One row a class: its share of the pixels in each split, images that show it, objects."""
    counted = sorted(content.found.splits.items(), key=lambda split: inspection.split_order(split[0]))
    splits = {name: each for name, each in counted if each.labelled_images or each.objects.any()}
    if not splits:
        return ""
    totals = [sum(getattr(each, name) for each in splits.values()) for name in ("images", "objects")]
    # Where no pixel has a class, as in sets of objects, the objects tell the balance.
    kind = "pixels" if any(each.labelled_images for each in splits.values()) else "objects"
    counts = {name: getattr(each, kind) for name, each in splits.items() if getattr(each, kind).any()}
    shares = {name: each / each.sum() for name, each in counts.items()}
    longest = max((share.max() for share in shares.values()), default=1)
    head = "".join(f"<th>{kind.capitalize()}, {html.escape(name)}</th>" for name in shares)
    head += '<th class="right">Images</th>' + ('<th class="right">Objects</th>' if totals[1].any() else "")
    rows = []
    # In a long table those that occur come first; a short one keeps the order of the data set.
    order = sorted(range(len(totals[0])), key=lambda train_id: len(totals[0]) > MANY and not totals[0][train_id])
    for train_id in order:
        category = content.info.categories[train_id]
        cells = "".join(_bar(share[train_id], share[train_id] / longest, category) for share in shares.values())
        cells += f'<td class="right">{totals[0][train_id]:,}</td>'
        cells += f'<td class="right">{totals[1][train_id]:,}</td>' if totals[1].any() else ""
        name = html.escape(category.name)
        absent = "" if totals[0][train_id] else ' class="absent"'
        label = f"{classes.swatch(category)}{name} <small>{'thing' if category.is_thing else 'stuff'}</small>"
        rows.append(f'<tr{absent}><th title="{name}">{label}</th>{cells}</tr>')
    box = "scroll tall" if len(rows) > MANY else "scroll"
    missing = sum(1 for count in totals[0] if not count)
    note = f'<p class="note">{missing} of {len(rows)} classes occur in no image.</p>' if missing else ""
    return (
        f'{note}<div class="{box}"><table class="classes"><thead><tr><th>Class</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _bar(share: float, length: float, category: dataset.Category) -> str:
    """A cell with a share, and a bar that is whole for the largest share of the table."""
    fill = f'<i style="width:{100 * length:.1f}%;background:rgb{category.color}"></i>'
    return f'<td><div class="bar"><span class="track">{fill}</span><b>{classes.percent(share)}</b></div></td>'


def _distributions(found: statistics.Statistics) -> str:
    drawn = []
    for title, counts in (("Image width", found.widths), ("Image height", found.heights)):
        drawn.append((f"{title}, pixels", histograms.of_numbers(counts, title, "pixels")))
    if found.objects.keys() - {0}:
        drawn.append(("Objects in an image", histograms.of_numbers(found.objects, "Objects in an image", "objects")))
    if found.sizes:
        title = "Size of objects: root of the area, pixels"
        # From a power of two on, so that these have the labels and not the edges between them.
        edges = range(min(found.sizes) // 2 * 2, max(found.sizes) + 2)
        labels = [f"{round(statistics.SIZE_STEP**edge, 1):g}" for edge in edges]
        counts = [found.sizes[edge] for edge in edges[:-1]]
        drawn.append((title, histograms.of_bins(counts, labels, title, "pixels", every=2)))
    if found.occlusions:
        title, counts = "Hidden part of objects", [found.occlusions[index] for index in range(statistics.BINS)]
        drawn.append((title, _of_shares(counts, title)))
    return f'<div class="charts">{"".join(f"<div><h3>{title}</h3>{svg}</div>" for title, svg in drawn)}</div>'


def _of_shares(counts: Sequence[int], title: str) -> str:
    """A histogram of what lies between 0 and 1."""
    edges = [f"{index / statistics.BINS:g}" for index in range(statistics.BINS + 1)]
    return histograms.of_bins(counts, edges, title, "", every=statistics.BINS // 5)


def _agreement(found: statistics.Statistics) -> str:
    """A card and a histogram for each measure."""
    if not found.agreement:
        return ""
    several = sum(count for people, count in found.annotators.items() if people > 1)
    people = ", ".join(f"{people} in {count:,}" for people, count in sorted(found.annotators.items()) if people > 1)
    cards = "".join(
        document.card(f"{measure.mean:.3f}", name[0].upper() + name[1:], AGREEMENT_NOTE.get(name, ""))
        for name, measure in found.agreement.items()
    )
    charts = "".join(
        f"<div><h3>{html.escape(name[0].upper() + name[1:])}</h3>"
        f"{_of_shares(measure.bins.tolist(), name)}</div>"
        for name, measure in found.agreement.items()
        if name not in agreement.UNBOUNDED
    )
    told = f"{several:,} images have several annotators ({people}). Each score is the mean over all pairs of them."
    return f'<p class="note">{told}</p><div class="cards inner">{cards}</div><div class="charts">{charts}</div>'


def _images(content: Content) -> str:
    """The groups of images, each image with its pictures in a row."""
    groups = [(title, content.shown[group]) for group, title in GROUPS if content.shown.get(group)]
    if not groups:
        return ""
    return "".join(
        f"<h3>{title}</h3>{''.join(_figure(each, content.info) for each in several)}" for title, several in groups
    )


def _figure(shown: Shown, info: dataset.DatasetInfo) -> str:
    told = html.escape(f"{shown.chosen.split} · {shown.size}")
    notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in shown.chosen.notes)
    pictures = "".join(_picture(html.escape(caption), f"{PICTURES}/{name}") for caption, name in shown.pictures)
    key = html.escape(shown.chosen.key)
    legend = classes.legend([info.categories[train_id] for train_id in shown.categories])
    return (
        f'<article><header><b>{key}</b> <span class="note">{told}</span></header>{notes}'
        f'<div class="pictures">{pictures}</div>{legend}</article>'
    )


def _picture(caption: str, path: str) -> str:
    """A picture that leads to itself, where it is larger."""
    image = f'<a href="{path}"><img src="{path}" alt="{caption}" loading="lazy"></a>'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"
