"""The page: well formed, on its own, safe, the same each time, honest where it is empty."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import polars as pl
import pytest

from influence_assets.reporting.data import QUERIES, ReportData
from influence_assets.reporting.page import render_report

from .world import NOW, W1, W2, W3, Warehouse

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>$\\frac{$&{{7*7}}\u202e"
_VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page and keeps what the tests ask for; fails on a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, name: str) -> list[str]:
        return [value for _, attrs in self.tags if (value := attrs.get(name)) is not None]


def test_page_is_well_formed_with_unique_ids(world: Warehouse) -> None:
    page = Page(render_report(world.report()))
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    anchors = [h[1:] for tag, a in page.tags if tag == "a" and (h := a.get("href") or "")[0] == "#"]
    assert len(anchors) == 12
    assert set(anchors) <= set(ids)


def test_page_loads_nothing(world: Warehouse) -> None:
    text = render_report(world.report())
    page = Page(text)
    assert not page.attributes("src")
    assert "url(http" not in text.replace(" ", "")
    assert "@import" not in text
    for tag, attrs in page.tags:
        assert tag not in {"script", "iframe", "img", "object", "embed"}
        for name in ("href", "xlink:href"):
            assert tag == "a" or (attrs.get(name) or "#").startswith(("#", "data:"))


def test_every_picture_has_words(world: Warehouse) -> None:
    page = Page(render_report(world.report()))
    pictures = [attrs for tag, attrs in page.tags if tag == "svg"]
    # Coverage, growth, network, community sizes, topics, evaluations, importances.
    assert len(pictures) == 7
    assert all(p["role"] == "img" and len(p["aria-label"] or "") > 40 for p in pictures)
    assert all(p["viewbox"] for p in pictures)


def test_captions_are_computed(world: Warehouse) -> None:
    text = Page(render_report(world.report())).text.replace("\u00a0", " ")
    assert "4 files from 2 sources held 18 records; 83 % of them passed every rule." in text
    assert "Ig: 5 posts over 3 weeks from 5 Jan 2026" in text
    assert "@anna leads with +60, from 100 to 160" in text
    assert "@ben stands highest with 50 % of all PageRank" in text
    assert "passed on by 29 profiles" in text
    assert "The largest, #kitchen #recipe, has 2 members; it also grew the most, from 1" in text
    assert (
        "The post that broke out the most on Ig, by @anna, drew an engagement of 120 where 10.4 is "
        "usual for its author."
    ) in text
    assert (
        "in the week of 12 Jan 2026: #kitchen #recipe merged with the community around @ben" in text
    )
    assert (
        "On later posts (T) the best model, xgboost, reaches an SRC of 0.700 (0.650 to 0.750), "
        "clearly ahead of the best baseline, author median, at 0.600."
    ) in text
    assert "On a random fifth (R) the best model would have reached 0.700." in text
    assert "Ig: likes, known after 48 hours" in text
    assert "Followers log makes up 50 % of the movement, as a mean over 2 algorithms." in text


def test_a_model_that_does_not_beat_the_baseline_is_called_so(world: Warehouse) -> None:
    world.connection.execute("UPDATE models.evaluations SET value = 0.9 WHERE is_baseline")
    text = Page(render_report(world.report())).text
    assert "no better than the best baseline" in text
    assert "clearly ahead" not in text


def test_same_input_same_bytes(world: Warehouse) -> None:
    assert render_report(world.report()) == render_report(world.report())


def test_hostile_handle_is_escaped(world: Warehouse) -> None:
    world.connection.execute(
        "UPDATE core.profile_snapshots SET handle = '<script>alert(1)</script>'"
    )
    text = render_report(world.report())
    assert "<script" not in text
    assert "@&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_hostile_text_in_every_column(world: Warehouse) -> None:
    report = world.report()
    evil: dict[str, Any] = {name: _poisoned(getattr(report, name)) for name in QUERIES}
    text = render_report(replace(report, title=HOSTILE, **evil))
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "img"}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    # What a stranger writes is never a template.
    assert "{{7*7}}" in page.text
    # A character that turns the text after it around.
    assert "\u202e" not in text


def _poisoned(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with something hostile before each text."""
    columns = []
    for name, dtype in frame.schema.items():
        # These name a branch of the code; all else may come from a stranger.
        if dtype == pl.String and name not in {"status", "metric", "event", "cascade_kind"}:
            columns.append((pl.lit(HOSTILE) + pl.col(name)).alias(name))
        elif dtype == pl.List(pl.String):
            columns.append(pl.col(name).list.eval(pl.lit(HOSTILE) + pl.element()))
    return frame.with_columns(columns)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "HTTPS://a b", "//a"])
def test_only_web_addresses_become_links(world: Warehouse, url: str) -> None:
    world.connection.execute("UPDATE core.posts SET url = ?", [url])
    page = Page(render_report(world.report()))
    assert all(h.startswith(("#", "data:,")) for h in page.attributes("href"))


def test_folders_of_refused_files_are_not_told(world: Warehouse) -> None:
    text = render_report(world.report())
    assert "c.zip" in text
    assert "/home/someone" not in text


def test_empty_page_says_what_to_run(empty: Warehouse) -> None:
    page = Page(render_report(empty.report()))
    assert page.text.count("Nothing here yet: run influence ingest PATH") == 3
    assert page.text.count("run influence build") == 7
    assert page.text.count("run influence evaluate popularity") == 2
    assert not [tag for tag, _ in page.tags if tag in {"svg", "table"}]


def test_no_quarantine_is_good_news_and_no_empty_place(world: Warehouse) -> None:
    world.connection.execute("DELETE FROM raw.quarantine")
    assert "0 of 18 records broke a rule." in Page(render_report(world.report())).text


def test_evidence_stands_as_it_is_and_is_no_verdict(world: Warehouse) -> None:
    text = Page(render_report(world.report())).text
    assert "They went up in busy days." in text
    assert "None of it is a verdict" in text


def test_where_nothing_spreads_or_changes_the_page_says_so(world: Warehouse) -> None:
    for table in ("marts.hashtags_weekly", "marts.viral_posts", "marts.cascades",
                  "marts.authenticity_evidence_weekly", "graph.community_events",
                  "graph.community_profiles_weekly"):  # fmt: skip
        world.connection.execute(f"DELETE FROM {table}")
    text = Page(render_report(world.report())).text
    for note in (
        "No hashtag took off in the last four weeks.",
        "No post broke out.",
        "Nothing is known to have gone from profile to profile.",
        "No figure is out of line",
        "No community has five members or more.",
        "since the first week no community was born",
        # In the key of the map.
        "communities of fewer than five",
    ):
        assert note in text


# A line that starts late and one that is broken mean something only where there is one.
@pytest.mark.parametrize(
    ("sizes", "is_late", "is_broken"),
    [
        ({W1: ["a"], W2: ["a", "b"]}, True, False),
        ({W1: ["a", "b"], W2: ["a"], W3: ["a", "b"]}, False, True),
        ({W1: ["a", "b"], W2: ["a", "b"]}, False, False),
    ],
)
def test_what_lines_mean_is_told_where_they_do(
    empty: Warehouse, sizes: dict[date, list[str]], is_late: bool, is_broken: bool
) -> None:
    rows = [(week, "ig", name, name) for week, names in sizes.items() for name in names]
    empty.put("graph.communities_weekly", "week_start platform profile_id community_id", *rows)
    empty.put("graph.profile_centrality_weekly", "week_start platform profile_id pagerank",
              *((week, "ig", name, 0.5) for week, _, name, _ in rows))  # fmt: skip
    described = [
        (week, "ig", name, f"#{name}", 5, [name], 0.5, [], []) for week, _, name, _ in rows
    ]
    empty.put(
        "graph.community_profiles_weekly",
        "week_start platform community_id label size leader_ids cohesion languages language_shares",
        *described,
    )
    text = Page(render_report(empty.report())).text
    assert ("A line that starts late is" in text) == is_late
    assert ("Where a line is broken" in text) == is_broken


# graph_totals is made of the same rows as network_nodes, and never empty alone.
@pytest.mark.parametrize("name", [name for name in QUERIES if name != "graph_totals"])
def test_page_does_without_any_one_frame(world: Warehouse, name: str) -> None:
    report = world.report()
    Page(render_report(replace(report, **{name: getattr(report, name).clear()})))


def test_queries_are_run_once_each_by_name(world: Warehouse) -> None:
    asked: list[str] = []

    def run(name: str) -> pl.DataFrame:
        asked.append(name)
        return world.run(name)

    data = ReportData.from_query(run, NOW)
    assert asked == list(QUERIES)
    assert data.generated_at == NOW


def test_import_is_cheap() -> None:
    # What definitions may import must not load what only drawing needs.
    code = (
        "import sys, influence_assets.reporting.page, influence_assets.reporting.pictures;"
        "heavy = {'matplotlib', 'igraph', 'jinja2', 'PIL', 'duckdb'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
