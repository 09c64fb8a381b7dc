"""Small charts as SVG text: one panel a kind of error, its curves over the share of damaged rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 210, 112  # of a panel, in pixels
LEFT, TOP, RIGHT, BOTTOM = 28, 26, 20, 22
LEGEND = 44
ACROSS = 4
STYLES = (  # curves may lie on each other: a broad light one stays visible below a thin dark one
    ("#4aa3df", 'stroke-width="5" stroke-linecap="round"', 3.4),
    ("#8a3b00", 'stroke-width="1.4"', 1.9),
)
GREY, GRID = "#5f6368", "#e0e0e0"
LABEL_GAP = 26  # pixels between the middles of two labels of an axis, at least


@dataclass(frozen=True)
class Panel:
    """A title, and for each curve its value by share of damaged rows; where known, the ends of its interval."""

    title: str
    curves: Mapping[str, Mapping[float, float]]
    intervals: Mapping[str, Mapping[float, tuple[float, float]]] = field(default_factory=dict)


def chart(panels: Sequence[Panel], bottom: float = 0.0) -> str:
    """All panels in rows of four with a legend; the shares are on a logarithmic scale that all panels have in common.

    Args:
        bottom: where the upright axis begins; it ends at 1.

    Raises:
        ValueError: there is no panel, no point in any, or a third name of curves.
    """
    shares = sorted({share for p in panels for curve in p.curves.values() for share in curve})
    names = list(dict.fromkeys(name for p in panels for name in p.curves))
    if not shares or len(names) > len(STYLES):
        raise ValueError(f"cannot draw {len(shares)} shares of {len(names)} curves")
    down = math.ceil(len(panels) / ACROSS)
    width, height = max(min(len(panels), ACROSS), 2) * WIDTH, down * HEIGHT + LEGEND
    styles = dict(zip(names, STYLES, strict=False))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="Helvetica, Arial, sans-serif" font-size="9">',
        f'<rect width="{width}" height="{height}" rx="4" fill="#ffffff"/>',
    ]
    for i, panel in enumerate(panels):
        parts.append(f'<g transform="translate({i % ACROSS * WIDTH},{i // ACROSS * HEIGHT})">')
        parts += _panel(panel, styles, shares, bottom)
        parts.append("</g>")
    for i, name in enumerate(names):
        x, y = LEFT + i * 120, height - 10
        colour, line, _ = styles[name]
        parts.append(f'<line x1="{x}" x2="{x + 20}" y1="{y - 3}" y2="{y - 3}" stroke="{colour}" {line}/>')
        parts.append(f'<text x="{x + 28}" y="{y}">{escape(name)}</text>')
    axes = f"across: share of damaged rows, logarithmic; up: {bottom:g} to 1"
    parts.append(f'<text x="{LEFT}" y="{height - 26}" fill="{GREY}">{axes}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(
    panel: Panel, styles: Mapping[str, tuple[str, str, float]], shares: Sequence[float], bottom: float
) -> list[str]:
    low, high = math.log(shares[0]), math.log(shares[-1])

    def x(share: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * ((math.log(share) - low) / (high - low) if high > low else 0.5), 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - max(value, bottom)) / (1 - bottom), 1)

    parts = [f'<text x="{LEFT}" y="{TOP - 10}" font-weight="bold">{escape(panel.title)}</text>']
    for value in (bottom, (bottom + 1) / 2, 1.0):
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value)}" y2="{y(value)}" stroke="{GRID}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 3}" text-anchor="end" fill="{GREY}">{value:g}</text>')
    labelled = _labelled([x(share) for share in shares])
    for i, share in enumerate(shares):
        parts.append(f'<line x1="{x(share)}" x2="{x(share)}" y1="{y(bottom)}" y2="{y(bottom) + 3}" stroke="{GREY}"/>')
        if i in labelled:
            parts.append(
                f'<text x="{x(share)}" y="{y(bottom) + 13}" text-anchor="middle" fill="{GREY}">{100 * share:g} %</text>'
            )
    for name, (colour, line, radius) in styles.items():
        points = [(x(share), y(value)) for share, value in sorted(panel.curves.get(name, {}).items())]
        path = " ".join(f"{a},{b}" for a, b in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" {line}/>')
        for share, (least, most) in panel.intervals.get(name, {}).items():
            ends = f'y1="{y(least)}" y2="{y(min(most, 1.0))}"'
            parts.append(f'<line x1="{x(share)}" x2="{x(share)}" {ends} stroke="{colour}" {line} opacity="0.5"/>')
        parts += [f'<circle cx="{a}" cy="{b}" r="{radius}" fill="{colour}"/>' for a, b in points]
    return parts


def _labelled(places: Sequence[float]) -> set[int]:
    """Which ticks of an axis have room for a label: the two ends, and between them what fits."""
    last = len(places) - 1
    chosen = [0]
    for i in range(1, last):
        if places[i] - places[chosen[-1]] >= LABEL_GAP and places[last] - places[i] >= LABEL_GAP:
            chosen.append(i)
    return {*chosen, last}
