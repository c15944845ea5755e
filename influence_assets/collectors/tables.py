"""Tables of an HTML page as plain grids: pure, from the page's text alone.

Spanned cells are repeated in each place that they cover; footnote marks, hidden text, styles
and scripts are left out; links and the alternative texts of pictures are kept beside the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

SPAN_LIMIT = 1_000
"""HTML's own limit of colspan, and ours of columns; a page that asks for more gets this."""

_VOID = frozenset({"br", "img", "hr", "input", "link", "meta", "wbr", "col", "source"})


@dataclass
class Cell:
    """A cell: its text, its links, and whether it is a header."""

    is_header: bool
    column_span: int = 1
    row_span: int = 1
    text: str = ""
    links: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)

    def tidy(self) -> None:
        """White space as it is shown; footnote marks that are plain text go, too."""
        text = re.sub(r"\[\s*(?:[a-z]{1,2}|\d{1,3}|note \d+|citation needed)\s*\]", "", self.text)
        self.text = " ".join(text.split())


@dataclass
class Table:
    """Rows of cells, rectangular but for missing cells at the ends, and its caption."""

    rows: list[list[Cell]]
    caption: str = ""


def tables_of(html: str) -> list[Table]:
    """Every table of a page, in order; a table within a cell stands by itself."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return [Table(_grid(table.rows), " ".join(table.caption.split())) for table in parser.tables]


@dataclass
class _Open:
    rows: list[list[Cell]] = field(default_factory=list)
    caption: str = ""
    cell: Cell | None = None
    in_caption: bool = False


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Open] = []
        self._open: list[_Open] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if self._hidden or _is_hidden(tag, given):
            if tag not in _VOID:
                self._hidden.append(tag)
            return
        if tag == "table":
            self._open.append(_Open())
            self.tables.append(self._open[-1])
        elif self._open:
            self._inside(self._open[-1], tag, given)

    def _inside(self, table: _Open, tag: str, given: dict[str, str]) -> None:
        if tag == "tr":
            table.cell = None
            table.rows.append([])
        elif tag in ("td", "th"):
            if not table.rows:
                table.rows.append([])
            spans = (_span(given.get("colspan")), _span(given.get("rowspan")))
            table.cell = Cell(tag == "th", *spans)
            table.rows[-1].append(table.cell)
        elif tag == "caption":
            table.in_caption = True
        elif table.cell is not None:
            if tag == "br":
                table.cell.text += "\n"
            elif tag == "a" and given.get("href"):
                table.cell.links.append(given["href"])
            elif tag == "img" and given.get("alt"):
                table.cell.pictures.append(given["alt"])

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            # Closing tags that HTML lets be left out: back to the one that is meant.
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
            return
        if not self._open:
            return
        table = self._open[-1]
        if tag == "table":
            self._open.pop()
        elif tag in ("td", "th", "tr"):
            table.cell = None
        elif tag == "caption":
            table.in_caption = False

    def handle_data(self, data: str) -> None:
        if self._hidden or not self._open:
            return
        table = self._open[-1]
        if table.in_caption:
            table.caption += data
        elif table.cell is not None:
            table.cell.text += data


def _is_hidden(tag: str, given: dict[str, str]) -> bool:
    style = given.get("style", "").replace(" ", "").lower()
    is_note = tag == "sup" and "reference" in given.get("class", "").split()
    return tag in ("style", "script", "template") or is_note or "display:none" in style


def _span(value: str | None) -> int:
    text = (value or "").strip()
    return max(1, min(int(text), SPAN_LIMIT)) if text.isdecimal() else 1


def _grid(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Rows in which a spanned cell stands in each place that it covers."""
    grid: list[list[Cell]] = []
    above: dict[int, tuple[Cell, int]] = {}
    for row in rows:
        out: list[Cell] = []
        waiting = iter(row)
        cell = next(waiting, None)
        while cell is not None or any(column >= len(out) for column in above):
            column = len(out)
            if column in above:
                kept, left = above.pop(column)
                out.append(kept)
                if left > 1:
                    above[column] = (kept, left - 1)
                continue
            if cell is None:
                break
            cell.tidy()
            for _ in range(min(cell.column_span, SPAN_LIMIT - len(out))):
                if cell.row_span > 1:
                    above[len(out)] = (cell, cell.row_span - 1)
                out.append(cell)
            cell = next(waiting, None)
        grid.append(out)
    return grid
