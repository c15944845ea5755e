"""The SELECTs of the weekly network, on rows worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from influence_assets.assets.sql_tables import FADING
from influence_assets.contracts import TABLES
from influence_assets.errors import UserError
from influence_assets.settings import TIE_KINDS, Settings
from influence_assets.storage import sql
from influence_assets_tests.sql_making import MON, NEXT, SUN, WED, Tables, noon, put, run, tie

EQUAL = dict.fromkeys(TIE_KINDS, 1.0)


def edges(tables: Tables, first: date, last: date | None = None) -> list[dict[str, Any]]:
    bounds = {"first_day": first, "last_day": last or first, **FADING, **EQUAL}
    return (
        run(tables, "graph.edges_weekly", **bounds).sort("week_start", "target_id").rows(named=True)
    )


@pytest.mark.parametrize(("after", "weight"), [(0, 1.0), (2, 0.5**0.5), (4, 0.5), (8, 0.25)])
def test_half_of_a_mention_is_left_after_its_half_life(
    tables: Tables, after: int, weight: float
) -> None:
    # On a Sunday it counts in full at the end of its own week.
    put(tables, "core.interactions", tie(SUN))
    (edge,) = edges(tables, MON + timedelta(weeks=after))
    assert edge["mention_weight"] == pytest.approx(weight)
    assert edge["weight"] == pytest.approx(weight)


def test_a_mention_fades_by_the_day(tables: Tables) -> None:
    # Monday's is six days old at the end of the week.
    put(tables, "core.interactions", tie(MON))
    (edge,) = edges(tables, MON)
    assert edge["weight"] == pytest.approx(0.5 ** (6 / 28))


def test_an_act_is_forgotten_after_thirteen_weeks_and_a_follow_is_not(tables: Tables) -> None:
    put(tables, "core.interactions", tie(MON), tie(MON, "follow", target_id="c", post_id=""))
    mention, follow = edges(tables, MON + timedelta(weeks=12))
    assert mention["mention_weight"] == pytest.approx(0.5 ** ((12 * 7 + 6) / 28))
    assert (follow["target_id"], follow["weight"]) == ("c", 1.0)
    (follow,) = edges(tables, MON + timedelta(weeks=13))
    assert follow["target_id"] == "c"


def test_kinds_count_what_the_user_says(tables: Tables) -> None:
    put(
        tables, "core.interactions", tie(SUN), tie(SUN, "reply", post_id="q"),
        tie(SUN, "follow", target_id="c", post_id=""),
    )  # fmt: skip
    weights = {**FADING, **EQUAL, "mention": 0.5, "reply": 3.0, "follow": 0.0}
    bounds = {"first_day": MON, "last_day": MON}
    (edge,) = run(tables, "graph.edges_weekly", **bounds, **weights).rows(named=True)
    # The kinds stay as they are; a tie of a kind that counts nothing is none.
    assert (edge["mention_weight"], edge["reply_weight"]) == (1.0, 1.0)
    assert (edge["target_id"], edge["weight"]) == ("b", 3.5)


def test_a_follow_carries_on(tables: Tables) -> None:
    # Three years later it holds as on the first day; seen again it is still one.
    put(tables, "core.interactions", tie(WED, "follow", post_id=None),
        tie(NEXT, "follow", post_id=None))  # fmt: skip
    for week in (MON, NEXT, MON + timedelta(weeks=150)):
        (edge,) = edges(tables, week)
        assert (edge["follow_weight"], edge["weight"]) == (1.0, 1.0)
    # Before it was seen there is nothing.
    assert edges(tables, MON - timedelta(7)) == []


def test_kinds_go_to_their_columns(tables: Tables) -> None:
    kinds = ("mention", "tag", "reply", "comment", "repost", "collab", "group", "follow")
    put(tables, "core.interactions", *(tie(SUN, k, weight=2.0**i) for i, k in enumerate(kinds)))
    (edge,) = edges(tables, MON)
    assert edge["mention_weight"] == 1 + 2
    assert edge["reply_weight"] == 4 + 8
    assert edge["repost_weight"] == 16
    assert edge["collab_weight"] == 32 + 64
    assert edge["follow_weight"] == 128
    assert edge["weight"] == 255


def test_acts_add_up_and_directions_do_not(tables: Tables) -> None:
    put(
        tables,
        "core.interactions",
        tie(SUN, post_id="p"),
        tie(SUN, post_id="q"),
        tie(SUN, source_id="b", target_id="a"),
        # Another platform is another graph.
        tie(SUN, platform="y"),
    )
    found = {(e["platform"], e["source_id"]): e["weight"] for e in edges(tables, MON)}
    assert found == {("x", "a"): 2.0, ("x", "b"): 1.0, ("y", "a"): 1.0}


def test_ties_of_a_profile_to_itself_are_left_out(tables: Tables) -> None:
    put(tables, "core.interactions", tie(SUN, target_id="a"), tie(SUN, "follow", target_id="a"))
    assert edges(tables, MON) == []


def test_a_week_knows_nothing_of_the_next(tables: Tables) -> None:
    put(tables, "core.interactions", tie(SUN), tie(NEXT, target_id="c"))
    assert [(e["week_start"], e["target_id"]) for e in edges(tables, MON)] == [(MON, "b")]
    # Each of several weeks as if it were asked for alone.
    both = edges(tables, MON, NEXT)
    assert both == [*edges(tables, MON), *edges(tables, NEXT)]
    assert [e["week_start"] for e in both] == [MON, NEXT, NEXT]


# --- graph.faded_posts ---


def test_posts_fade_as_responses_do(tables: Tables) -> None:
    post = {"platform": "x", "profile_id": "ann"}
    for number, day in enumerate((SUN, SUN - timedelta(weeks=4), NEXT)):
        own = {"post_id": f"p{number}", "posted_at": noon(day), "posted_date": day}
        put(tables, "core.posts", post | own)
    bounds = {"first_day": MON, "last_day": NEXT, **FADING}
    found = tables.execute(sql.select("graph.faded_posts"), bounds).pl()
    assert found["week_start"].to_list() == [MON, NEXT]
    # In the second week the new one is six days old, the others a week older.
    week = 0.5**0.25
    assert found["posts"].to_list() == pytest.approx([1.5, 1.5 * week + week ** (6 / 7)])


# --- graph.centrality_standing_weekly ---


PLACE = TABLES["graph.profile_centrality_weekly"]


def place(profile: str, week: date = MON, **more: Any) -> dict[str, Any]:
    none = dict.fromkeys((c for c, d in PLACE.columns.items() if not d.nullable), 0)
    return none | {"week_start": week, "platform": "x", "profile_id": profile} | more


def standing(tables: Tables, measure: str, first: date, last: date) -> list[tuple[Any, ...]]:
    found = run(tables, "graph.centrality_standing_weekly", first_day=first, last_day=last)
    own = found.filter(pl.col("measure") == measure).sort("week_start", "profile_id")
    return own.select(
        "profile_id", "value", "percentile", "value_change", "percentile_change"
    ).rows()


def test_standing_among_the_others_of_the_week(tables: Tables) -> None:
    put(tables, "graph.profile_centrality_weekly",
        *(place(p, pagerank=v) for p, v in zip("abcde", (0.1, 0.2, 0.2, 0.3, 0.2), strict=True)),
        place("z", pagerank=0.9) | {"platform": "y"})  # fmt: skip
    # `d` beats four of four others, `b` one of four. On its platform `z` is alone.
    assert [row[2] for row in standing(tables, "pagerank", MON, MON)] == [0, 0.25, 0.25, 1, 0.25, 0]


def test_change_is_that_since_the_week_before(tables: Tables) -> None:
    later = NEXT + timedelta(weeks=1)
    put(tables, "graph.profile_centrality_weekly",
        place("a", MON, in_degree=5), place("b", MON, in_degree=1),
        place("a", NEXT, in_degree=2), place("b", NEXT, in_degree=4),
        place("a", later + timedelta(weeks=1), in_degree=9))  # fmt: skip
    # Asked for the second week alone, it looks back all the same.
    expected = [("a", 2.0, 0.0, -3.0, -1.0), ("b", 4.0, 1.0, 3.0, 1.0)]
    assert standing(tables, "in_degree", NEXT, NEXT) == expected
    # The first week has none before, nor has one behind a hole.
    assert {row[3:] for row in standing(tables, "in_degree", MON, MON)} == {(None, None)}
    last = standing(tables, "in_degree", later, later + timedelta(weeks=1))
    assert last == [("a", 9.0, 0.0, None, None)]


def test_every_measure_has_a_standing(tables: Tables) -> None:
    measures = (
        "in_degree", "out_degree", "in_strength", "out_strength", "pagerank", "betweenness",
        "hub", "authority", "eigenvector", "core_number", "clustering", "burt_constraint",
        "influence", "passivity",
    )  # fmt: skip
    # What a profile has no value of, it has no standing by.
    put(tables, "graph.profile_centrality_weekly", place("a", influence=1, passivity=1), place("b"))
    found = run(tables, "graph.centrality_standing_weekly", first_day=MON, last_day=MON)
    has = found.group_by("profile_id").agg("measure").sort("profile_id")["measure"].to_list()
    assert sorted(has[0]) == sorted(measures)
    assert set(has[0]) - set(has[1]) == {"influence", "passivity"}


def test_layers_are_kinds_of_ties_and_not_likeness() -> None:
    env = {"INFLUENCE_COMMUNITY_QUALITY": "multiplex", "INFLUENCE_TIE_WEIGHTS": "reply=2"}
    assert Settings.from_env(env).community_quality == "multiplex"
    with pytest.raises(UserError, match="Take hashtag and similarity out"):
        Settings.from_env(env | {"INFLUENCE_TIE_WEIGHTS": "similarity=0.1"})
