"""Finding the mapping of a file by a look at it."""

from __future__ import annotations

import gzip
import io
import json
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from influence_assets.sources import choose
from influence_assets.sources.batches import BadFile
from influence_assets.sources.catalog import built_in_names, built_ins, find_mapping, read_mapping
from influence_assets.sources.choose import Choice, Chooser, is_left_alone, platform_in
from influence_assets.sources.mapping import Mapping

EXAMPLES = Path(__file__).parent / "examples"


def chosen(name: str, data: bytes | str, chooser: Chooser | None = None, path: str = "") -> Choice:
    """The choice for a file of these bytes."""
    raw = data.encode() if isinstance(data, str) else data
    found = (chooser or Chooser()).choose(name, path or f"/x/{name}", lambda: io.BytesIO(raw))
    assert found is not None
    return found


def mapping(text: str, name: str = "own") -> Mapping:
    return read_mapping(text, name, "own.yaml")


def posts(signature: str, form: str = "table", more: str = "") -> str:
    return f"""
platform: any
files:
  - shape: a shape
    format: {form}
    signature: {signature}
    {more}
    feeds:
      - contract: posts
        columns:
          {{post_id: id, profile_id: who, posted_at: at, text: {{field: text, optional: true}}}}
"""


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> dict[str, Mapping]:
    """A world in which these are the built-in sources."""
    known: dict[str, Mapping] = {}
    monkeypatch.setattr(choose, "built_ins", lambda: tuple(known.values()))
    return known


@pytest.mark.parametrize("name", built_in_names())
def test_every_built_in_entry_says_what_it_reads(name: str) -> None:
    for spec in find_mapping(name).files:
        assert spec.shape
        assert spec.signature is not None


EXAMPLE_FILES = sorted(p for p in EXAMPLES.rglob("*") if p.is_file() and not is_left_alone(p.name))


@pytest.mark.parametrize("path", EXAMPLE_FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_example_is_recognised_as_its_own_source(path: Path) -> None:
    adapter = path.relative_to(EXAMPLES).parts[0]
    found = Chooser().choose(path.name, str(path), lambda: path.open("rb"))
    assert found is not None
    assert found.mapping.name == adapter


def test_there_is_an_example_of_every_built_in_source() -> None:
    with_examples = {p.relative_to(EXAMPLES).parts[0] for p in EXAMPLE_FILES}
    assert {m.name for m in built_ins()} - with_examples == set()


def test_the_source_that_asks_for_more_wins(only: dict[str, Mapping]) -> None:
    only["plain"] = mapping(posts("{has: [id, who]}"), "plain")
    only["rich"] = mapping(posts("{has: [id, who, at]}"), "rich")
    assert chosen("a.csv", "id,who,at\n1,x,2024-01-01\n").mapping.name == "rich"
    assert chosen("a.csv", "id,who,text\n1,x,hi\n").mapping.name == "plain"


def test_sources_that_ask_for_different_things_are_ambiguous(only: dict[str, Mapping]) -> None:
    only["one"] = mapping(posts("{has: [id, who]}"), "one")
    only["two"] = mapping(posts("{has: [id, at]}"), "two")
    with pytest.raises(BadFile, match="could be one or two"):
        chosen("a.csv", "id,who,at\n1,x,2024-01-01\n")


def test_what_is_unknown_is_told_with_what_was_seen(only: dict[str, Mapping]) -> None:
    only["near"] = mapping(posts("{has: [id, who, stars]}"), "near")
    with pytest.raises(BadFile) as raised:
        chosen("a.csv", "id,who,colour\n1,x,red\n")
    message = str(raised.value)
    assert "id, who, colour" in message
    assert "near (a shape) lacks stars" in message
    assert "--draft-spec" in message


@pytest.mark.parametrize(
    ("signature", "data", "fits"),
    [
        ("{has: [[id, ident]]}", "ident,x\n1,2\n", True),
        ("{has: [id], lacks: [x]}", "id,x\n1,2\n", False),
        ("{has: [id], lacks: [x]}", "id,y\n1,2\n", True),
        ("{values: {kind: '^t3$'}}", "kind,y\nt3,1\nt3,2\n", True),
        ("{values: {kind: '^t3$'}}", "kind,y\nt3,1\nt1,2\n", False),
        ("{values: {kind: '^t3$'}}", "kind,y\n,1\n", False),  # nothing proves it
        ("{has: ['Followers.2']}", 'name,Followers," Followers\n"\n1,2,3\n', True),
    ],
)
def test_signatures_of_tables(
    only: dict[str, Mapping], signature: str, data: str, fits: bool
) -> None:
    only["one"] = mapping(posts(signature), "one")
    if fits:
        assert chosen("a.csv", data).mapping.name == "one"
    else:
        with pytest.raises(BadFile):
            chosen("a.csv", data)


@pytest.mark.parametrize(
    ("signature", "records", "document", "fits"),
    [
        ("{has: [user.id]}", None, [{"user": {"id": 1}}], True),
        ("{has: [user.id]}", None, [{"user": None}, {"user": {"id": 0}}], True),
        ("{has: [user.id]}", None, [{"user": {"id": None}}], False),  # null is no value
        ("{has: ['tags[].name']}", None, {"tags": [{"name": "a"}]}, True),
        ("{has: [tags.1]}", None, {"tags": ["a"]}, False),
        ("{has: [id]}", "data.*", {"data": {"x": {"id": 1}}}, True),
        ("{has: [id]}", "data", {"id": 1}, False),  # `id` stands elsewhere
        ("{has: [/meta.next]}", "data", {"meta": {"next": 1}, "data": []}, True),
        (r"{values: {/data: '^\[\]$'}}", None, {"data": []}, True),
        (r"{values: {/data: '^\[\]$'}}", None, {"data": [1]}, False),
    ],
)
def test_signatures_of_json(
    only: dict[str, Mapping], signature: str, records: str | None, document: object, fits: bool
) -> None:
    more = f"records: {json.dumps(records)}" if records else ""
    only["one"] = mapping(posts(signature, "tree", more), "one")
    if fits:
        assert chosen("a.json", json.dumps(document)).mapping.name == "one"
    else:
        with pytest.raises(BadFile):
            chosen("a.json", json.dumps(document))


@pytest.mark.parametrize(
    ("name", "data", "form", "delimiter"),
    [
        ("a.csv", b"id,who,at\n1,x,2024\n", "csv", ","),
        ("a.csv", b"id;who;at\n1;x,y;2024\n", "csv", ";"),
        ("a.txt", b"id\twho\tat\n1\tx\t2024\n", "tsv", "\t"),
        ("a.csv.gz", gzip.compress(b"id,who,at\n1,x,2024\n", mtime=0), "csv", ","),
    ],
    ids=["commas", "semicolons", "tabs", "gzip"],
)
def test_a_table_is_settled_by_the_look(
    only: dict[str, Mapping], name: str, data: bytes, form: str, delimiter: str
) -> None:
    only["one"] = mapping(posts("{has: [id, who, at]}"), "one")
    (spec,) = chosen(name, data).specs
    assert (spec.format, spec.delimiter if form == "csv" else "\t") == (form, delimiter)


def test_parquet_is_settled_by_the_look(only: dict[str, Mapping]) -> None:
    only["one"] = mapping(posts("{has: [id, who, at]}"), "one")
    file = io.BytesIO()
    pl.DataFrame({"id": [1], "who": ["x"], "at": [datetime(2024, 1, 1)]}).write_parquet(file)
    (spec,) = chosen("a", file.getvalue()).specs
    assert spec.format == "parquet"


@pytest.mark.parametrize(
    ("data", "form"),
    [
        ('{"id": 1, "who": "x"}\n{"id": 2}\n', "jsonl"),
        ('{"id": 1, "who": "x"}\nbroken\n{"id": 2}\n', "jsonl"),
        ('{"id": 1, "who": "x"}', "json"),
        ('[{"id": 1, "who": "x"}]', "json"),
        ('{\n "id": 1,\n "who": "x"\n}\n', "json"),
        ('\ufeff[{"id": 1, "who": "x"}]', "json"),
    ],
)
def test_json_documents_and_lines_are_told_apart(
    only: dict[str, Mapping], data: str, form: str
) -> None:
    only["one"] = mapping(posts("{has: [id]}", "tree"), "one")
    (spec,) = chosen("a.json", data).specs
    assert spec.format == form


def test_a_document_larger_than_the_look_is_still_recognised(only: dict[str, Mapping]) -> None:
    only["one"] = mapping(posts("{has: [id, who]}", "tree", "records: data"), "one")
    many = {"data": [{"id": i, "who": "x" * 100} for i in range(20_000)]}
    assert chosen("a.json", json.dumps(many)).mapping.name == "one"


def test_only_entries_that_fit_apply_also_under_a_name() -> None:
    both = posts("{has: [id, stars]}") + posts("{has: [id, who]}").split("files:")[1]
    own = mapping(both)
    assert len(chosen("a.csv", "id,who,at\n1,x,2024\n", Chooser(own)).specs) == 1
    with pytest.raises(BadFile, match="lacks stars"):
        chosen("a.csv", "id,z\n1,x\n", Chooser(own))


def test_a_platform_that_nobody_states() -> None:
    own = mapping(posts("{has: [id]}"))
    data = "id,who,at\n1,x,2024\n"

    def platform(chooser: Chooser, path: str) -> str | None:
        return chosen("a.csv", data, chooser, path).specs[0].platform

    assert platform(Chooser(own), "/in/tiktok_2020/a.csv") == "tiktok"
    assert platform(Chooser(own), "/in/2020/a.csv") == "unknown"
    assert platform(Chooser(own, platform="vk"), "/in/tiktok_2020/a.csv") == "vk"


@pytest.mark.parametrize(
    ("path", "platform"),
    [
        ("/x/facebook_edges.csv", "facebook"),
        ("/x/twitter-and-youtube.csv", None),  # two of them prove nothing
        ("/tiktok/2020/a.csv", None),  # only the file and its own folder count
        ("/x/redditors.csv", None),
    ],
)
def test_platforms_in_names(path: str, platform: str | None) -> None:
    assert platform_in(path) == platform


def test_the_time_of_reading_goes_by_who_states_it() -> None:
    more = 'read_at: {"*dec*": "2022-12-31", "*nov*": "2022-11-30T12:00:00+01:00"}'
    own = mapping(posts("{has: [id]}", more=more) + '\nread_at: "2020-01-01"\n')
    data = "id,who,at\n1,x,2024\n"

    def read_at(name: str, stated: datetime | None = None) -> object:
        return chosen(name, data, Chooser(own, read_at=stated)).specs[0].read_at

    assert read_at("list_dec.csv") == datetime(2022, 12, 31)
    assert read_at("list_nov.csv") == datetime(2022, 11, 30, 11)
    assert read_at("list.csv") == datetime(2020, 1, 1)
    assert read_at("list_dec.csv", datetime(2023, 5, 5)) == datetime(2023, 5, 5)


def test_like_files_share_one_settled_entry() -> None:
    """Small documents are parsed together by the identity of their entry."""
    chooser = Chooser(mapping(posts("{has: [id]}")))
    one, two = (chosen(n, "id,who,at\n1,x,2024\n", chooser).specs[0] for n in ("a.csv", "b.csv"))
    assert one is two


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\x01\x02\x03", b"just words\n", b"{broken", b"PAR1 and no more", b"[" * 9_000],
)
def test_what_cannot_be_read_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(BadFile):
        chosen("a.bin", data)


@pytest.mark.parametrize("name", ["cat.JPG", "README.txt", "index.html", "LICENSE", "mapping.yml"])
def test_pictures_and_papers_are_left_alone(name: str) -> None:
    assert Chooser().choose(name, f"/x/{name}", lambda: io.BytesIO(b"id,who\n")) is None
