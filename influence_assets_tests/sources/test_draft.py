"""Drafted mappings: valid, marked as guesses, and good enough to read the file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from influence_assets.errors import UserError
from influence_assets.sources.catalog import read_mapping
from influence_assets.sources.draft import draft, draft_of
from influence_assets.sources.look import look_at
from influence_assets.sources.mapping import Mapping
from influence_assets_tests.sources.making import parse

CSV = (
    "post_no;who;caption;Published;Likes;shoe_size;tags\n"
    "12;@Ann;hello there;03.04.2025 18:30;1,200;38;#a|#b\n"
    "13;@Bob;more;23.04.2025 08:00;7;;#c\n"
)


def drafted(name: str, data: str, path: str = "/x/instagram/export.csv") -> tuple[str, Mapping]:
    text = draft(look_at(io.BytesIO(data.encode()), name), path)
    return text, read_mapping(text, "drafted", "draft")


def test_a_draft_reads_the_file_that_it_was_made_for() -> None:
    _, mapping = drafted("export.csv", CSV.replace("who", "username"))
    (spec,) = mapping.files
    outcome = parse(CSV.replace("who", "username"), spec.model_copy(update={"platform": "x"}))
    assert outcome.rules == {}
    posts = outcome.posts.select("post_id", "profile_id", "text", "hashtags")
    assert posts.rows() == [("12", "ann", "hello there", ["a", "b"]), ("13", "bob", "more", ["c"])]
    assert [str(t) for t in outcome.posts["posted_at"]] == [
        "2025-04-03 18:30:00",
        "2025-04-23 08:00:00",
    ]
    assert outcome.rows["raw.post_metrics"]["likes"].to_list() == [1200, 7]


def test_guesses_are_marked_and_the_rest_is_listed() -> None:
    text, mapping = drafted("export.csv", CSV)
    assert mapping.platform == "instagram"
    assert all("# guess" in line for line in text.splitlines() if line.startswith("          "))
    assert "#   shoe_size: 38" in text
    assert "who" in text and "by its values: e.g. @Ann" in text


@pytest.mark.parametrize(
    "header",
    [
        "Nr;Konto;Datum;Beitrag;Gefällt mir;Anzahl Kommentare;Größe",
        "ID;Compte;Date de publication;Légende;J'aime;Nombre de commentaires;Taille",
        "id;Usuario;Fecha;Descripción;Me gusta;Comentarios;Talla",
        "postId;authorName;createdAt;captionText;likeCount;commentsCount;size",
        "post_id;user.username;created;caption.text;edge_likes.count;num_comments;size",
    ],
)
def test_names_in_any_spelling_and_some_languages(header: str) -> None:
    rows = "7;ann;03.05.2024 10:12;Hallo Welt;1.234;5;x\n8;bob;17.05.2024 23:59;Neu;12;0;y\n"
    _, mapping = drafted("export.csv", f"{header}\n{rows}")
    (spec,) = mapping.files
    outcome = parse(f"{header}\n{rows}", spec.model_copy(update={"platform": "x"}))
    posts = outcome.posts.select("post_id", "profile_id", "text").rows()
    assert posts == [("7", "ann", "Hallo Welt"), ("8", "bob", "Neu")]
    assert str(outcome.posts["posted_at"][1]) == "2024-05-17 23:59:00"
    metrics = outcome.rows["raw.post_metrics"].select("likes", "comments").rows()
    assert metrics == [(1234, 5), (12, 0)]


def test_where_names_say_nothing_the_values_are_looked_at() -> None:
    rows = [
        {"a": f"x{n}", "b": f"2024-01-{n:02}", "c": f"some words {n}", "d": 7, "e": "ann"}
        for n in range(1, 9)
    ]
    rows[0]["e"] = "bob"
    text, mapping = drafted("a.jsonl", "".join(json.dumps(r) + "\n" for r in rows))
    (feed,) = mapping.files[0].feeds
    assert {target: c.field for target, c in feed.columns.items()} == {
        "post_id": "a", "posted_at": "b", "text": "c", "profile_id": "e",
    }  # fmt: skip
    assert "#   d: 7  (a number: a count?)" in text


def test_what_was_read_is_apart_from_what_was_posted() -> None:
    data = "id,text,created_at,scraped_at,likes\n1,a,2024-01-01,2024-02-01,5\n"
    _, mapping = drafted("a.csv", data)
    posts, metrics = mapping.files[0].feeds
    assert posts.columns["posted_at"].field == "created_at"
    assert posts.columns["observed_at"].field == "scraped_at"
    assert metrics.columns["observed_at"].field == "scraped_at"


def test_a_follower_without_a_followed_one_is_no_tie() -> None:
    _, mapping = drafted("a.csv", "account,day,follower\nann,2024-01-01,5\nbob,2024-01-01,9\n")
    (feed,) = mapping.files[0].feeds
    assert feed.contract == "profile_snapshots"
    assert feed.columns["followers"].field == "follower"


def test_dates_that_can_be_read_in_two_ways_are_told() -> None:
    text, _ = drafted("a.csv", "id,text,date\n1,a,03/04/2025\n2,b,05/06/2025\n")
    (line,) = [row for row in text.splitlines() if "posted_at" in row]
    assert 'time: "%d/%m/%Y"' in line
    assert "%m/%d/%Y would read it, too" in line


def test_records_inside_a_document_are_found() -> None:
    document = {
        "account": "x",
        "result": {"items": [{"id": "1", "createdAt": 1741564800, "stats": {"likes": 4}}] * 3},
    }
    text, mapping = drafted("a.json", json.dumps(document))
    (spec,) = mapping.files
    assert (spec.format, spec.records) == ("json", "result.items")
    assert 'likes: {field: "stats.likes"}' in text


def test_ties_and_panels_are_recognised() -> None:
    _, ties = drafted("a.csv", "source,target,weight\na,b,1\n")
    assert [f.contract for f in ties.files[0].feeds] == ["interactions"]
    _, panel = drafted("a.csv", "username,date,followers\na,2025-01-01,3.7k\n")
    (feed,) = panel.files[0].feeds
    assert feed.contract == "profile_snapshots"
    assert feed.columns["followers"].units
    assert feed.columns["observed_at"].field == "date"


def test_a_file_of_which_nothing_is_understood_still_gives_a_frame() -> None:
    text, _ = drafted("a.csv", "foo,bar\n1,2\n")
    assert "CHANGE_ME" in text


def test_odd_names_survive_quoting() -> None:
    name = 'he said: "id", #1'
    data = f'post_id,likes,"{name.replace(chr(34), chr(34) * 2)}"\n1,2,3\n'
    text, _ = drafted("a.csv", data)
    assert f"#   {name}: 3" in text


def test_what_cannot_be_drafted(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x00\x01")
    with pytest.raises(UserError, match="No mapping can be drafted"):
        draft_of([tmp_path / "a.bin"])
    with pytest.raises(UserError, match="Name the file"):
        draft_of([])
