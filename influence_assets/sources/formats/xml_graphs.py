"""Graphs in XML: GraphML and Gephi's GEXF, read as a stream of nodes and edges.

A record is `{"node": {id, label, times…, attributes}}` or `{"edge": {source, target, weight,
time, …, attributes}}`; attributes stand under the names that the file declares for them.
Nothing of the file is kept but the record at hand. Entities and external references, which
no graph needs, are refused, and so are nesting, texts and tags beyond all measure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO, Any
from xml.sax import SAXException, handler

from defusedxml import DefusedXmlException, expatreader

from influence_assets.sources.batches import BadFile, Batch
from influence_assets.sources.formats import Format
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.records import batches_of_records

CHUNK_BYTES = 1 << 16
DEEPEST = 64
LONGEST_TEXT = 1 << 20
LONGEST_TAG = 16 << 20
"""Limits that no honest graph comes near; a larger thing is refused before memory runs out."""

_EARLIEST, _LATEST = 788_918_400, 4_102_444_800  # 1995 and 2100, in seconds
_BEFORE_ROOT = ((b"<!--", b"-->"), (b"<?", b"?>"), (b"<!", b">"))
_TIMES = ("time", "timestamp", "date", "start", "created_at", "timestamps", "intervals")
_FIRST_OF_SEVERAL = re.compile(r"^<?\[\[?([^,;\]]+)")  # GEXF: <[1577836800, 1577923200]>


_ENDS = {"source", "target"}
_IGRAPH_NAMES = "v_name"
"""The key by which igraph declares the names of nodes."""


class TooLarge(ValueError):  # noqa: N818 - it names what is wrong with the document
    """Something in the document goes beyond a limit."""


class GraphHandler(handler.ContentHandler):
    """Collects records; `take` hands over those that are complete.

    Both formats declare attributes first (`key`, `attribute`) and then give values inside a
    node or edge (`data`, `attvalue`).
    """

    def __init__(self) -> None:
        super().__init__()
        self._records: list[dict[str, Any]] = []
        self._names: dict[tuple[str, str], str] = {}
        self._defaults: dict[str, dict[str, str]] = {"node": {}, "edge": {}}
        self._open: list[tuple[str, dict[str, Any]]] = []
        self._declared: tuple[tuple[str, ...], str, str] | None = None
        self._class = "node"
        self._ids: dict[str, str] | None = None
        self._in_label = False
        self._key: str | None = None
        self._text: list[str] = []
        self._length = self._depth = 0
        self.events = 0

    def take(self) -> list[dict[str, Any]]:
        """The records since the last call."""
        taken, self._records = self._records, []
        return taken

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - SAX's name
        """Open a node or edge, or note what the file declares."""
        self._depth += 1
        self.events += 1
        self._take_label()  # what follows within it is how it is drawn
        if self._depth > DEEPEST:
            raise TooLarge(f"elements stand {DEEPEST} deep in each other")
        tag = name.rpartition(":")[2]
        given: dict[str, str] = dict(attrs.items())
        self._text, self._length = [], 0
        self._in_label = tag == "NodeLabel"
        if tag in ("node", "edge"):
            self._start_record(tag, given)
        elif tag == "attributes":
            self._class = given.get("class", "node")
        elif tag in ("key", "attribute"):
            self._declare(tag, given)
            if given.get("id") == _IGRAPH_NAMES:
                self._ids = {}
        elif tag == "data" and self._open:
            self._key = given.get("key")
        elif tag == "spell" and self._open:
            # The first of several times counts.
            self._open[-1][1].setdefault("start", given.get("start"))
        elif tag == "attvalue" and self._open:
            self._set(given.get("for") or given.get("id") or "", given.get("value", ""))

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX's name
        """Complete a record, or take the value that an element held as text."""
        self._depth -= 1
        self.events += 1
        self._take_label()
        tag, text = name.rpartition(":")[2], "".join(self._text).strip()
        self._text, self._length = [], 0
        if tag == "data" and self._key is not None:
            self._set(self._key, text)
            self._key = None
        elif tag == "default" and self._declared is not None:
            kinds, _, title = self._declared
            for kind in kinds:
                self._defaults[kind][title] = text
        elif tag in ("key", "attribute"):
            self._declared = None
        elif tag in ("node", "edge") and self._open:
            self._end_record()

    def characters(self, content: str) -> None:
        """Gather text."""
        self.events += 1
        self._length += len(content)
        if self._length > LONGEST_TEXT:
            raise TooLarge(f"a text has more than {LONGEST_TEXT >> 20} MB")
        self._text.append(content)

    def _take_label(self) -> None:
        """The label that yEd draws a node with: its text up to the next tag."""
        text = "".join(self._text).strip() if self._in_label else ""
        self._in_label = False
        if text and self._open:
            self._open[-1][1].setdefault("label", text)

    def _start_record(self, kind: str, given: dict[str, str]) -> None:
        record: dict[str, Any] = {**given, "attributes": dict(self._defaults[kind])}
        self._open.append((kind, record))

    def _declare(self, tag: str, given: dict[str, str]) -> None:
        scope = given.get("for", "all") if tag == "key" else self._class
        kinds = tuple(k for k in ("node", "edge") if scope in (k, "all"))
        title = given.get("attr.name") or given.get("title") or given.get("id", "")
        for kind in kinds:
            self._names[kind, given.get("id", "")] = title
        self._declared = (kinds, given.get("id", ""), title)

    def _set(self, key: str, value: str) -> None:
        kind, record = self._open[-1]
        record["attributes"][self._names.get((kind, key), key)] = value

    def _end_record(self) -> None:
        kind, record = self._open.pop()
        attributes = record["attributes"]
        self._name_as_igraph(kind, record)
        record["time"] = _first_time(record, attributes)
        if kind == "edge":
            record.setdefault("weight", attributes.get("weight"))
        else:
            record.setdefault("label", attributes.get("label") or attributes.get("name"))
        self._records.append({kind: record})

    def _name_as_igraph(self, kind: str, record: dict[str, Any]) -> None:
        """igraph numbers the nodes of a file; what they are called is their attribute `name`."""
        if self._ids is None:
            return
        if kind == "node":
            number = record.get("id", "")
            record["id"] = self._ids[number] = record["attributes"].get("name") or number
        else:
            record |= {end: self._ids.get(record[end], record[end]) for end in _ENDS & set(record)}


def _first_time(*places: dict[str, Any]) -> str | None:
    """The time that a record states, unless it is a mere number of ticks."""
    for place in places:
        for name in _TIMES:
            text = place.get(name)
            several = _FIRST_OF_SEVERAL.match(text) if isinstance(text, str) else None
            text = several[1].strip() if several else text
            if isinstance(text, str) and _is_time(text):
                return text
    return None


def _is_time(text: str) -> bool:
    if re.match(r"\d{4}-\d{2}-\d{2}", text):
        return True
    try:
        value = float(text)
    except ValueError:
        return False
    return _EARLIEST <= value < _LATEST or _EARLIEST <= value / 1000 < _LATEST


def read_xml_graph(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of the nodes and edges of a GraphML or GEXF file.

    Raises:
        BadFile: it is no well-formed XML, has entities, or goes beyond a limit.
    """
    yield from batches_of_records(_records(data, name), name, spec)


def _records(data: IO[bytes], name: str) -> Iterator[dict[str, Any]]:
    found = GraphHandler()
    parser = expatreader.create_parser(forbid_dtd=False)
    parser.setContentHandler(found)
    silent = events = 0
    try:
        while chunk := data.read(CHUNK_BYTES):
            parser.feed(chunk)
            silent = silent + len(chunk) if found.events == events else 0
            events = found.events
            if silent > LONGEST_TAG:
                raise TooLarge(f"a tag has more than {LONGEST_TAG >> 20} MB")
            yield from found.take()
        parser.close()
    except DefusedXmlException as error:
        raise BadFile(f"{name} declares entities, which no graph needs ({error}).") from error
    except TooLarge as error:
        raise BadFile(f"{name} is refused: {error}.") from error
    except SAXException as error:
        raise BadFile(f"{name} is no well-formed XML ({error}). Get it anew.") from error
    yield from found.take()


def _root_is(tag: str) -> Callable[[bytes], bool]:
    pattern = re.compile(rf"<(?:[\w.-]+:)?{tag}[\s>/]".encode())

    def recognises(head: bytes) -> bool:
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            head = head.replace(b"\0", b"")  # UTF-16: the names are ASCII
        return bool(pattern.match(head, _root_at(head)))

    return recognises


def _root_at(head: bytes) -> int:
    """Where the first element begins, after declaration, comments and document type."""
    place = head.find(b"<")
    for _ in range(100):
        end = next((e for start, e in _BEFORE_ROOT if head.startswith(start, place)), None)
        if place < 0 or end is None:
            break
        place = head.find(b"<", head.find(end, place) + len(end))
        # The document type holds declarations in brackets: they are passed over one by one.
    return max(place, 0)


FORMATS = {
    "graphml": Format(read_xml_graph, _root_is("graphml")),
    "gexf": Format(read_xml_graph, _root_is("gexf")),
}
