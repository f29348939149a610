"""A bar chart as SVG, without a library: messages per second on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

WIDTH, LEFT, ROW = 760, 300, 30


def bars(values: Mapping[str, float]) -> str:
    """One bar for each name, longest first as given; ours in another colour."""
    most = 10 ** math.ceil(math.log10(max(values.values())))
    room = WIDTH - LEFT - 70
    height = ROW * len(values) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    tick = 10
    while tick <= most:
        x = LEFT + room * math.log10(tick) / math.log10(most)
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="8" y2="{height - 34}" stroke="#d8dce2"/>')
        parts.append(f'<text x="{x:.0f}" y="{height - 16}" text-anchor="middle" fill="#444b55">{tick:,}</text>')
        tick *= 10
    for row, (name, value) in enumerate(values.items()):
        y = 12 + row * ROW
        length = room * math.log10(max(value, 1.1)) / math.log10(most)
        colour = "#1a5fb4" if name.startswith("mailer,") else "#9aa3af"
        parts.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end" fill="#1f2328">{escape(name)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.0f}" height="{ROW - 10}" fill="{colour}"/>')
        parts.append(f'<text x="{LEFT + length + 6:.0f}" y="{y + 14}" fill="#1f2328">{value:,.0f}</text>')
    parts.append(f'<text x="{LEFT}" y="{height - 2}" fill="#444b55">messages per second (logarithmic)</text></svg>\n')
    return "\n".join(parts)
