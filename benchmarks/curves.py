"""Small charts as SVG text: one panel a kind of error, its curves over the share of damaged rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 168, 104  # of a panel, in pixels
LEFT, TOP, RIGHT, BOTTOM = 26, 24, 10, 18
ACROSS = 5
COLOURS = ("#0b6e99", "#d9730d", "#6940a5")
GREY = "#8a8a8a"


@dataclass(frozen=True)
class Panel:
    """A title, and for each curve its value between 0 and 1 by share of damaged rows."""

    title: str
    curves: Mapping[str, Mapping[float, float]]


def chart(panels: Sequence[Panel]) -> str:
    """All panels in rows of five with a legend; the shares are on a logarithmic scale that all panels have in common.

    Raises:
        ValueError: there is no panel, or no point in any.
    """
    shares = sorted({share for p in panels for curve in p.curves.values() for share in curve})
    if not shares:
        raise ValueError("nothing to draw")
    down = math.ceil(len(panels) / ACROSS)
    width, height = min(len(panels), ACROSS) * WIDTH, down * HEIGHT + 24
    names = list(dict.fromkeys(name for p in panels for name in p.curves))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="9">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for i, panel in enumerate(panels):
        parts.append(f'<g transform="translate({i % ACROSS * WIDTH},{i // ACROSS * HEIGHT})">')
        parts += _panel(panel, colours, shares)
        parts.append("</g>")
    for i, name in enumerate(names):
        x, y = LEFT + i * 120, height - 10
        parts.append(
            f'<line x1="{x}" x2="{x + 16}" y1="{y - 3}" y2="{y - 3}" stroke="{colours[name]}" stroke-width="2"/>'
        )
        parts.append(f'<text x="{x + 20}" y="{y}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, colours: Mapping[str, str], shares: Sequence[float]) -> list[str]:
    low, high = math.log(shares[0]), math.log(shares[-1])

    def x(share: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * ((math.log(share) - low) / (high - low) if high > low else 0.5), 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value), 1)

    parts = [f'<text x="{LEFT}" y="{TOP - 8}" font-weight="bold">{escape(panel.title)}</text>']
    for value in (0.0, 0.5, 1.0):
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value)}" y2="{y(value)}" stroke="#e0e0e0"/>')
        parts.append(f'<text x="{LEFT - 4}" y="{y(value) + 3}" text-anchor="end" fill="{GREY}">{value:g}</text>')
    for share in {shares[0], shares[-1]}:
        parts.append(
            f'<text x="{x(share)}" y="{HEIGHT - 6}" text-anchor="middle" fill="{GREY}">{100 * share:g} %</text>'
        )
    for name, curve in panel.curves.items():
        points = [(x(share), y(value)) for share, value in sorted(curve.items())]
        path = " ".join(f"{a},{b}" for a, b in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colours[name]}" stroke-width="1.6"/>')
        parts += [f'<circle cx="{a}" cy="{b}" r="1.8" fill="{colours[name]}"/>' for a, b in points]
    return parts
