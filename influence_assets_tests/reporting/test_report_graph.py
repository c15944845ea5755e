"""Queries of the report on the network and its communities, against answers counted by hand."""

from __future__ import annotations

from .world import W1, W2, W3, W4, Warehouse


def test_top_profiles_of_the_last_week(world: Warehouse) -> None:
    columns = "place profile_id handle pagerank core_number community_id followers_end"
    assert world.rows("top_profiles", columns) == [
        # b has 180 followers in the week after the graph's: what counts is the 200 before.
        (1, "b", "ben", 0.5, 2, "a", 200),
        # The newest handle that is known, though a newer reading has none.
        (2, "a", "anna", 0.3, 2, "a", 100),
        (3, "c", None, 0.2, 1, "c", 50),
    ]


def test_communities(world: Warehouse) -> None:
    columns = "community_id size leaders cohesion languages language_shares"
    assert world.rows("communities", columns) == [
        ("a", 2, ["@ben", "@anna"], 0.4, ["en", "de"], [0.75, 0.25]),
        ("c", 1, ["c"], 0.0, [], []),
    ]


def test_a_community_has_one_name_its_newest(world: Warehouse) -> None:
    assert world.rows("community_names", "community_id label") == [
        ("a", "#kitchen #recipe"),
        # No handle of c is known.
        ("c", "around c"),
        # Gone; b is ben.
        ("g", "around @ben"),
    ]


def test_communities_of_a_week_before_are_not_told_as_the_last(world: Warehouse) -> None:
    world.put("graph.communities_weekly", "week_start platform profile_id community_id",
              (W3, "ig", "a", "a"))  # fmt: skip
    # In the last week none has five members.
    assert world.run("communities").is_empty()
    assert world.run("community_sizes").is_empty()


def test_community_sizes(world: Warehouse) -> None:
    assert world.rows("community_sizes", "place community_id week_start size") == [
        (1, "a", W1, 1),
        (1, "a", W2, 2),
        (2, "c", W2, 1),
    ]


def test_a_week_without_the_community_has_no_size(world: Warehouse) -> None:
    columns = "week_start platform profile_id community_id"
    world.put("graph.communities_weekly", columns, (W3, "ig", "c", "c"), (W4, "ig", "a", "a"))
    world.put("graph.community_profiles_weekly", "week_start platform community_id size",
              (W4, "ig", "a", 1))  # fmt: skip
    assert world.rows("community_sizes", "week_start size") == [
        (W1, 1), (W2, 2), (W3, None), (W4, 1),
    ]  # fmt: skip


def test_events_are_the_last_twelve(world: Warehouse) -> None:
    # That a was there at first is none.
    assert world.rows("community_events", "week_start community_id event") == [
        (W2, "a", "merge"),
        (W1, "c", "birth"),
    ]
    columns = "week_start platform community_id event other_ids other_sizes size_after"
    sizes = {f"n{i:02}": 5 + i for i in range(13)}
    births = [(W2, "ig", name, "birth", [], [], size) for name, size in sizes.items()]
    world.put("graph.community_events", columns, *births)
    # The larger first: the smallest birth, the merge and the week before have no room.
    told = [row[0] for row in world.rows("community_events", "community_id")]
    assert told == sorted(sizes, reverse=True)[:12]


def test_network_is_of_one_cut(world: Warehouse) -> None:
    assert world.rows("network_nodes", "place profile_id handle community_id x y") == [
        (1, "b", "ben", "a", 4.0, 1.0),
        (2, "a", "anna", "a", 0.0, 0.0),
        (3, "c", None, "c", 2.0, 3.0),
    ]
    # Both directions in one; no loop; nothing to d, which is no node.
    edges = world.rows("network_edges", "source_id target_id weight")
    assert edges == [("a", "b", 4.0), ("a", "c", 2.0)]


def test_network_is_cut_to_400_profiles(empty: Warehouse) -> None:
    columns = "week_start platform profile_id pagerank"
    people = [f"p{i:03}" for i in range(402)]
    ranks = [(W1, "ig", p, 1 / (i + 2)) for i, p in enumerate(people)]
    empty.put("graph.profile_centrality_weekly", columns, *ranks)
    places = [(W1, "ig", p, 0.0, 0.0) for p in people]
    empty.put("graph.layout_weekly", "week_start platform profile_id x y", *places)
    ties = [(W1, "ig", "p000", p, 1.0) for p in people[1:]]
    empty.put("graph.edges_weekly", "week_start platform source_id target_id weight", *ties)
    assert world_ids(empty) == set(people[:400])
    assert len(empty.run("network_edges")) == 399


def world_ids(warehouse: Warehouse) -> set[str]:
    return set(warehouse.run("network_nodes")["profile_id"])
