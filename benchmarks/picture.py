"""Pictures of the pages, drawn from their own tables: `uv run python -m benchmarks.picture` draws all of them again.

Tables with ratios in the last column (`… ÷ it`: least / median / most) become bars around 1. If there are none, the
first table with numbers in its last column becomes bars from 0.
"""

import html
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

ROW, WIDTH, LABELS, SCALE = 22, 900, 440, 400  # pixels; after the bars, their numbers
OURS, WORSE, LINE = "#2f6f9f", "#c2703d", "#8a8a8a"
FONT = 'font-family="system-ui, sans-serif" font-size="13"'
LINES = re.compile(r"^\|(.+)\|$", re.MULTILINE)
NUMBERS = re.compile(r"^[\d,.]+( / [\d,.]+)*$")


@dataclass(frozen=True)
class Bar:
    """A row of a table: one number, or three numbers, the middle one of which is the length of the bar."""

    label: str
    values: tuple[float, ...]

    @property
    def value(self) -> float:
        return self.values[len(self.values) // 2]


def embed(name: str, text: str) -> str:
    """Return the page with its picture below the heading."""
    heading, _, rest = text.partition("\n")
    return f"{heading}\n\n![The last columns of the tables below]({name}.svg)\n{rest}"


def draw(text: str) -> str:
    """Return the picture of a page's tables: of those with ratios, if there are any."""
    charts = [(head[-1], list(_bars(rows))) for head, _, *rows in _tables(text)]
    ratios = [chart for chart in charts if "÷" in chart[0]]
    chosen = ratios or [chart for chart in charts if chart[1]][:1]
    title = chosen[0][0] if chosen else ""
    bars = [bar for _, each in chosen for bar in each]
    place = _around_one(bars) if ratios else _from_zero(bars)
    base = place(1 if ratios else 0)
    height = ROW * (len(bars) + 2)
    lines = [line for number, bar in enumerate(bars, 2) for line in _draw_bar(bar, ROW * number, place, base)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT}>',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            f'<text x="{WIDTH - 10}" y="{ROW}" text-anchor="end" font-weight="bold">{html.escape(title)}</text>',
            *lines,
            f'<line x1="{base:.0f}" y1="{ROW + 8}" x2="{base:.0f}" y2="{height - 8}" stroke="{LINE}"/>',
            "</svg>\n",
        ]
    )


def _tables(text: str) -> Iterator[list[list[str]]]:
    for block in text.split("\n\n"):
        if rows := [[cell.strip() for cell in line.split("|")] for line in LINES.findall(block)]:
            yield rows


def _bars(rows: Iterable[list[str]]) -> Iterator[Bar]:
    for *cells, last in rows:
        if NUMBERS.match(last):
            label = ", ".join(takewhile(lambda cell: not NUMBERS.match(cell), cells))
            yield Bar(label, tuple(float(part.replace(",", "")) for part in last.split(" / ")))


def _around_one(bars: list[Bar]) -> Callable[[float], float]:
    """Return a logarithmic scale: half as fast is as far to the left as twice as fast is to the right."""
    furthest = max((abs(math.log(max(bar.value, 0.01))) for bar in bars), default=0) or 1
    return lambda value: LABELS + SCALE / 2 * (1 + math.log(max(value, 0.01)) / furthest)


def _from_zero(bars: list[Bar]) -> Callable[[float], float]:
    furthest = max((bar.value for bar in bars), default=0) or 1
    return lambda value: LABELS + SCALE * value / furthest


def _draw_bar(bar: Bar, y: int, place: Callable[[float], float], base: float) -> Iterator[str]:
    left, right = sorted((place(bar.value), base))
    colour = OURS if bar.value >= 1 or len(bar.values) == 1 else WORSE
    yield f'<text x="{LABELS - 10}" y="{y}" text-anchor="end">{html.escape(bar.label)}</text>'
    yield f'<rect x="{left:.0f}" y="{y - 12}" width="{max(right - left, 1):.0f}" height="14" fill="{colour}"/>'
    yield f'<text x="{WIDTH - 10}" y="{y}" text-anchor="end">{bar.value:g}</text>'


def main() -> None:
    for page in sorted((Path(__file__).parents[1] / "docs/benchmarks").glob("*.md")):
        text = page.read_text("utf-8")
        if draw(text).count("<rect") > 1:
            page.with_suffix(".svg").write_text(draw(text), "utf-8")
            if f"({page.stem}.svg)" not in text:
                page.write_text(embed(page.stem, text), "utf-8")


if __name__ == "__main__":
    main()
