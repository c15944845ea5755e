"""Whom to start with: seeds of a week's network, with costs, and how far they carry."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from influence_assets.assets.graph import SEED
from influence_assets.domain.graph.seeds import Wanted, best_seeds
from influence_assets.domain.graph.spread import Arcs, Floats, Model, audience, simulated
from influence_assets.domain.graph.ties import directed
from influence_assets.errors import UserError
from influence_assets.network import Week

RUNS = 10_000


@dataclass(frozen=True)
class Plan:
    """What is asked for.

    Attributes:
        most: profiles at most.
        budget: that their costs may sum to; None is without bound.
        costs: CSV with profile_id and cost of those who can be had; without it each costs 1.
        excluded: profile ids that are not to be taken.
        model: independent cascade or linear threshold.
    """

    most: int
    budget: float | None = None
    costs: Path | None = None
    excluded: Sequence[str] = ()
    model: Model = "ic"


def seed_plan(week: Week, plan: Plan) -> dict[str, Any]:
    """The seeds with what each adds, and their spread beside that of simpler choices.

    Returns:
        `profiles`: profile_id, cost, gain (profiles reached beyond those of the seeds above
        it), alone (reached by itself) and overlap (the share of those that the seeds above
        reach, too). `spread` and, under `beside`, that of those with the most ties and
        with the highest PageRank: mean, low and high (95 %) over RUNS simulations.

    Raises:
        UserError: an excluded profile or the file of costs does not fit the week, or the
            budget buys nobody.
    """
    arcs = audience(week.ties)
    cost = _costs(arcs, week, plan)
    budget = float("inf") if plan.budget is None else plan.budget
    rng = np.random.default_rng(SEED)
    found = best_seeds(arcs, Wanted(plan.most, cost, budget), plan.model, rng)
    if not found.profiles:
        raise UserError(
            f"A budget of {plan.budget:g} buys nobody: the cheapest profile costs {cost.min():g}."
            if np.isfinite(cost).any()
            else "There is nobody left to choose: every profile is excluded or has no cost."
        )
    rows = zip(found.profiles, found.gains, found.alone, strict=True)
    simple = {
        name: _first(values, cost, plan.most, budget)
        for name, values in _simple(week, arcs).items()
    }
    # Side by side: numpy works outside Python's lock.
    with ThreadPoolExecutor(1 + len(simple)) as pool:
        spreads = list(
            pool.map(lambda own: _spread(arcs, own, plan.model), [found.profiles, *simple.values()])
        )
    return {
        "model": plan.model,
        "profiles": [
            {
                "profile_id": arcs.names[profile],
                "cost": float(cost[profile]),
                "gain": gain,
                "alone": alone,
                "overlap": max(0.0, 1 - gain / alone),
            }
            for profile, gain, alone in rows
        ],
        "spread": spreads[0],
        "beside": dict(zip(simple, spreads[1:], strict=True)),
    }


def _costs(arcs: Arcs, week: Week, plan: Plan) -> Floats:
    place = {name: i for i, name in enumerate(arcs.names)}
    cost = np.ones(len(place))
    if plan.costs:
        cost[:] = np.inf
        for profile, price in _prices(plan.costs).items():
            if profile in place:
                cost[place[profile]] = price
        if not np.isfinite(cost).any():
            raise UserError(f"{plan.costs} speaks of no profile that has a tie in this week.")
    if unknown := sorted(set(plan.excluded) - set(place)):
        raise UserError(
            f"In the week of {week.week_start} {week.platform} has no tie of {', '.join(unknown)}, "
            "so there is nothing to exclude. Write the profile_id as in graph.edges_weekly."
        )
    cost[[place[name] for name in plan.excluded]] = np.inf
    return cost


def _prices(path: Path) -> dict[str, float]:
    try:
        told = pl.read_csv(path, schema_overrides={"profile_id": pl.String, "cost": pl.Float64})
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(
            f"{path} cannot be read as CSV with profile_id and cost: {error}"
        ) from error
    if not {"profile_id", "cost"} <= set(told.columns):
        raise UserError(
            f"{path} has the columns {', '.join(told.columns)}. It needs `profile_id` and `cost`."
        )
    known = told.drop_nulls(["profile_id", "cost"])
    if known.height and not (known["cost"] > 0).all():
        raise UserError(f"{path} has a cost of 0 or less. Leave such profiles out.")
    return dict(known.select("profile_id", "cost").iter_rows())


def _simple(week: Week, arcs: Arcs) -> dict[str, Floats]:
    """What one would go by without a model of spread."""
    pagerank = directed(week.ties).graph().pagerank(weights="weight")
    return {
        "most ties": np.diff(arcs.start).astype(np.float64),
        "highest PageRank": np.asarray(pagerank, dtype=np.float64),
    }


def _first(values: Floats, cost: Floats, most: int, budget: float) -> list[int]:
    """The first profiles by a value that can be had and paid for."""
    taken: list[int] = []
    for profile in np.argsort(-values, kind="stable").tolist():
        if len(taken) == most:
            break
        if np.isfinite(cost[profile]) and cost[profile] <= budget:
            taken.append(profile)
            budget -= cost[profile]
    return taken


def _spread(arcs: Arcs, profiles: list[int], model: Model) -> dict[str, float]:
    found = simulated(arcs, profiles, model, RUNS, np.random.default_rng(SEED))
    mean, error = float(found.mean()), float(found.std(ddof=1) / np.sqrt(RUNS))
    return {"mean": mean, "low": mean - 1.96 * error, "high": mean + 1.96 * error}
