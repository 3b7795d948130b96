"""The frame of every page: one file with its own style, and links to its sections."""

import html
from collections.abc import Sequence
from typing import NamedTuple

from seg_models.report import style


class Section(NamedTuple):
    """A part of a page: its id, its title in the links, and its HTML, "" where there is nothing to tell."""

    name: str
    title: str
    content: str


def section(name: str, title: str, content: str) -> Section:
    """A Section with its title above some HTML; an empty one stays empty."""
    whole = f'<section id="{name}"><h2>{html.escape(title)}</h2>{content}</section>' if content else ""
    return Section(name, title, whole)


def render(title: str, summary: str, head: str, sections: Sequence[Section]) -> str:
    """The HTML page.

    Args:
      title: plain text.
      summary: plain text below the title.
      head: HTML between the links and the sections.
      sections: empty ones are left out.
    """
    shown = [each for each in sections if each.content]
    links = "".join(f'<a href="#{each.name}">{html.escape(each.title)}</a>' for each in shown)
    body = "\n".join(each.content for each in shown)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style.CSS}</style></head>\n<body><main>"
        f'<header><h1>{html.escape(title)}</h1><p class="note">{html.escape(summary)}</p></header>'
        f"<nav>{links}</nav>{head}\n{body}</main></body></html>\n"
    )


def card(value: str, title: str, explanation: str) -> str:
    """A number in large with its name; `value` is HTML."""
    return (
        f'<div class="card"><div class="value">{value}</div><div class="name">{html.escape(title)}</div>'
        f'<div class="note">{html.escape(explanation)}</div></div>'
    )
