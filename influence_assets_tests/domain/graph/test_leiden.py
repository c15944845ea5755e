"""Each quality against planted groups, its formula worked out by hand, and bare leidenalg."""

from __future__ import annotations

import math
from collections import Counter

import leidenalg
import networkx as nx
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_assets.domain.graph.communities import communities
from influence_assets.domain.graph.leiden import Leiden, Quality, leiden
from influence_assets.domain.graph.ties import mutual

from .making import frame, networkx_mutual, random_ties

LAYERS = {"follow_weight": 1.0, "reply_weight": 1.0}
QUALITIES: tuple[Quality, ...] = ("surprise", "significance", "multiplex")


def how(quality: Quality, **layers: float) -> Leiden:
    return Leiden(quality, layers=layers or (LAYERS if quality == "multiplex" else {}))


def two_kinds(ties: pl.DataFrame, seed: int = 2) -> pl.DataFrame:
    """The weight of each tie split at random between two kinds; some ties are of one alone."""
    rng = np.random.default_rng(seed)
    share = pl.Series(np.clip(rng.uniform(-0.3, 1.3, ties.height), 0, 1))
    follow = ties["weight"] * share
    return ties.with_columns(follow_weight=follow, reply_weight=ties["weight"] - follow)


def ring_of_cliques(cliques: int = 30, size: int = 5) -> pl.DataFrame:
    rows = []
    for group in range(cliques):
        own = [f"g{group:02d}{member}" for member in range(size)]
        rows += [(a, b, 1.0) for a in own for b in own if a < b]
        rows.append((own[0], f"g{(group + 1) % cliques:02d}1", 1.0))
    return frame(rows)


def layers_that_differ(follow: float = 1.0) -> tuple[pl.DataFrame, dict[str, int]]:
    """Eight groups of 15: the first four show in follows, the last four in replies. In the other
    kind each four are one crowd, with half as many ties for each profile, at random."""
    rng = np.random.default_rng(4)
    group = {f"p{i:03d}": i // 15 for i in range(120)}

    def shown(a: str, b: str, kind: int) -> float:
        if group[a] // 4 == group[b] // 4 == kind:
            return float(group[a] == group[b] and rng.random() < 0.5)
        return float(group[a] // 4 == group[b] // 4 and rng.random() < 0.06)

    rows = [(a, b, follow * shown(a, b, 0), shown(a, b, 1)) for a in group for b in group if a < b]
    schema = ["source_id", "target_id", "follow_weight", "reply_weight"]
    ties = pl.DataFrame(rows, schema=schema, orient="row")
    weight = pl.col("follow_weight") + pl.col("reply_weight")
    return ties.with_columns(weight.alias("weight")).filter(pl.col("weight") > 0), group


def groups_of(found: pl.DataFrame) -> dict[str, str]:
    return dict(found.select("profile_id", "community_id").iter_rows())


def agreement(found: pl.DataFrame, group: dict[str, int], among: set[int]) -> float:
    own = {p: c for p, c in groups_of(found).items() if group[p] in among}
    return float(adjusted_rand_score([group[p] for p in own], list(own.values())))


FIRST, LAST = {0, 1, 2, 3}, {4, 5, 6, 7}


def test_multiplex_finds_what_no_layer_shows_alone() -> None:
    ties, group = layers_that_differ()
    assert agreement(communities(ties, 1, how("multiplex")), group, FIRST | LAST) == 1.0
    for layer, seen, unseen in (("follow_weight", FIRST, LAST), ("reply_weight", LAST, FIRST)):
        alone = communities(ties, 1, how("multiplex", **{layer: 1.0}))
        assert agreement(alone, group, seen) == 1.0
        assert agreement(alone, group, unseen) < 0.3


def test_a_kind_counts_what_the_user_says_and_not_how_heavy_it_is() -> None:
    ties, group = layers_that_differ(follow=100.0)
    # In the sum of weights the replies are lost, in the mean of modularities they are not.
    assert agreement(communities(ties, 1), group, LAST) < 0.3
    assert agreement(communities(ties, 1, how("multiplex")), group, FIRST | LAST) == 1.0
    uneven = communities(ties, 1, how("multiplex", follow_weight=1.0, reply_weight=50.0))
    assert agreement(uneven, group, LAST) == 1.0
    assert agreement(uneven, group, FIRST) < 0.3
    # One that counts nothing is as if it were not there.
    without = communities(ties, 1, how("multiplex", follow_weight=0.0, reply_weight=1.0))
    assert without.equals(communities(ties, 1, how("multiplex", reply_weight=1.0)))


def test_one_layer_of_all_weight_is_modularity() -> None:
    ties = random_ties(60, 300)
    network = mutual(ties)
    ours = leiden(network.graph(), 5, how("multiplex", weight=3.0))
    bare = leidenalg.find_partition(
        network.graph(), leidenalg.ModularityVertexPartition, weights="weight", n_iterations=3,
        seed=5,
    )  # fmt: skip
    assert ours.membership == bare.membership
    assert ours.quality == pytest.approx(bare.quality())


def test_multiplex_quality_is_the_mean_of_the_modularities() -> None:
    ties = two_kinds(random_ties(60, 300))
    network = mutual(ties, LAYERS)
    uneven = Leiden("multiplex", layers={"follow_weight": 1.0, "reply_weight": 3.0})
    run = leiden(network.graph(), 1, uneven)
    own = [set(np.array(network.names)[np.array(run.membership) == c]) for c in {*run.membership}]

    def modularity(kind: str) -> float:
        of_kind = networkx_mutual(ties.select("source_id", "target_id", weight=kind))
        return float(nx.community.modularity(of_kind, own, weight="weight"))

    mean = 0.25 * modularity("follow_weight") + 0.75 * modularity("reply_weight")
    assert run.quality == pytest.approx(mean)


def test_no_tie_of_any_layer() -> None:
    graph = mutual(frame([("a", "b", 1.0)]).with_columns(other=pl.lit(0.0)), ["other"]).graph()
    with pytest.raises(ValueError, match="no tie of other"):
        leiden(graph, 1, how("multiplex", other=1.0))


@pytest.mark.parametrize("quality", ["surprise", "significance"])
def test_small_groups_that_modularity_joins(quality: Quality) -> None:
    # A ring of thirty cliques of five (Fortunato and Barthelemy 2007).
    ties = ring_of_cliques()
    assert communities(ties, 1)["community_id"].n_unique() < 30
    found = communities(ties, 1, how(quality))
    assert found["community_size"].unique().to_list() == [5]
    assert all(p[:3] == c[:3] for p, c in groups_of(found).items())


def divergence(x: float, y: float) -> float:
    return sum(a * math.log(a / b) for a, b in ((x, y), (1 - x, 1 - y)) if a > 0)


def test_surprise_by_its_formula() -> None:
    ties = random_ties(40, 120)
    network = mutual(ties)
    run = leiden(network.graph(), 1, how("surprise"))
    label = np.array(run.membership)
    inner = label[network.ends[:, 0]] == label[network.ends[:, 1]]
    pairs = sum(math.comb(size, 2) for size in Counter(run.membership).values())
    total = network.weight.sum()
    inside = network.weight[inner].sum() / total
    expected = total * divergence(inside, pairs / math.comb(len(label), 2))
    assert run.quality == pytest.approx(expected)


def test_significance_by_its_formula_takes_no_weights() -> None:
    ties = random_ties(40, 120)
    network = mutual(ties)
    run = leiden(network.graph(), 1, how("significance"))
    label = np.array(run.membership)
    of_ends = label[network.ends]
    ties_in = Counter(of_ends[of_ends[:, 0] == of_ends[:, 1], 0].tolist())
    density = len(of_ends) / math.comb(len(label), 2)
    pairs = {c: math.comb(size, 2) for c, size in Counter(run.membership).items() if size > 1}
    expected = sum(n * divergence(ties_in[c] / n, density) for c, n in pairs.items())
    assert run.quality == pytest.approx(expected)
    alike = leiden(mutual(ties.with_columns(weight=pl.lit(7.0))).graph(), 1, how("significance"))
    assert alike.membership == run.membership
    weighted = [
        leiden(mutual(own).graph(), 1, how("surprise")).membership
        for own in (ties, ties.with_columns(weight=pl.lit(7.0)))
    ]
    assert weighted[0] != weighted[1]


@pytest.mark.parametrize("quality", QUALITIES)
def test_no_community_is_in_pieces_and_chance_is_the_seeds(quality: Quality) -> None:
    for seed in range(3):
        ties = two_kinds(random_ties(200, 500, seed))
        found = communities(ties, seed, how(quality))
        whole = networkx_mutual(ties)
        for members in found.group_by("community_id").agg("profile_id")["profile_id"]:
            assert nx.is_connected(whole.subgraph(members))
        shuffled = ties.sample(fraction=1, shuffle=True, seed=9)
        assert communities(shuffled, seed, how(quality)).equals(found)
    assert found["partition_stability"][0] < 1


@pytest.mark.parametrize("quality", QUALITIES)
def test_of_partitions_as_good_the_one_before_goes_on(quality: Quality) -> None:
    ties = two_kinds(random_ties(200, 4_000))
    before = communities(ties, 1, how(quality))
    again = communities(ties, 50, how(quality), before)
    anew = communities(ties, 50, how(quality))
    again_or_anew = [
        adjusted_rand_score(before["community_id"], later["community_id"])
        for later in (again, anew)
    ]
    assert again_or_anew[0] > 0.8 > 0.5 > again_or_anew[1]
