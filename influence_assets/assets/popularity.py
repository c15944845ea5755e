"""Popularity: features of every post, models for each platform, their scores and drivers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import dagster as dg
import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets import __version__
from influence_assets.assets.declared import (
    check_spec,
    column_schema,
    dependencies,
    failed_check,
    passed_check,
)
from influence_assets.assets.shell import (
    OWNERS,
    Build,
    code_of,
    report_partitions,
    start_build,
    table_asset,
)
from influence_assets.contracts import TABLES
from influence_assets.domain import popularity as popularity_domain
from influence_assets.domain.popularity.evaluation import Settings as EvaluationSettings
from influence_assets.domain.popularity.evaluation import evaluate
from influence_assets.domain.popularity.features import build_features
from influence_assets.domain.popularity.model import MIN_TRAINING_ROWS, PopularityModel, fit
from influence_assets.domain.text import marks
from influence_assets.errors import ContractError
from influence_assets.resources import WarehouseResource
from influence_assets.settings import Settings
from influence_assets.storage.artifacts import Artifact, save_popularity
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import Warehouse

TARGET = "engagement"
SEED = 7

_CODE = code_of(popularity_domain, marks)

_FEATURES_FROM = (
    "core.posts",
    "core.post_metrics",
    "core.interactions",
    "content.text_embeddings",
    "graph.profile_centrality_weekly",
    "graph.communities_weekly",
)

MODEL_TABLES = ("models.registry", "models.evaluations", "models.importances")


def features_recipe(settings: Settings) -> Recipe:
    """Stale with anything that a feature is made of, and with the time that counts take."""
    above = tuple(Upstream(table, "all") for table in _FEATURES_FROM)
    return Recipe("features.popularity", above, f"{_CODE}-{TARGET}-{settings.maturity}")


def model_recipe(table: str) -> Recipe:
    """The recipe of one of the three tables that a training writes."""
    tables = ("features.popularity", "content.text_embeddings", "content.near_duplicates")
    above = tuple(Upstream(table, "all") for table in tables)
    return Recipe(table, above, f"{_CODE}-{SEED}-{__version__}")


NO_COPIES = TABLES["content.near_duplicates"].schema.create_empty()


@dataclass(frozen=True)
class PlatformPosts:
    """A platform's posts with their outcome, their text vectors, the weekly graph, and the group
    of copies that each is in (NULL of one without copies): for splits, and for no feature."""

    posts: pl.DataFrame
    embeddings: npt.NDArray[np.float32]
    graph: pl.DataFrame
    copies: pl.Series

    def features(self, target: str, maturity: timedelta) -> pl.DataFrame:
        """Rows of features.popularity, in the order of `posts`."""
        graph = self.graph if self.graph.height else None
        return build_features(self.posts, target, self.embeddings, graph, maturity)


def load_platform(
    warehouse: Warehouse, platform: str, target: str, copies: pl.DataFrame = NO_COPIES
) -> PlatformPosts:
    """Read what features are made of; a post without a text has a vector of zeros.

    Args:
        warehouse: the warehouse.
        platform, target: of which posts, and which of their counts.
        copies: rows of content.near_duplicates.
    """
    parameters = {"platform": platform}
    posts = warehouse.query("features.popularity_posts", {**parameters, "target": target})
    vectors = warehouse.query("features.text_vectors", parameters)
    copied = copies.filter(platform=platform).select("post_id", "group_id")
    return PlatformPosts(
        posts.drop("content_hash"),
        _aligned(posts["content_hash"], vectors),
        warehouse.query("features.popularity_graph", parameters),
        posts.join(copied, on="post_id", how="left", maintain_order="left")["group_id"],
    )


def _aligned(hashes: pl.Series, vectors: pl.DataFrame) -> npt.NDArray[np.float32]:
    if vectors.is_empty():
        return np.zeros((len(hashes), 1), dtype=np.float32)
    matrix = vectors["vector"].to_numpy()
    padded = np.vstack([matrix, np.zeros((1, matrix.shape[1]), dtype=np.float32)])
    places = vectors.select("content_hash").with_row_index("place")
    found = pl.DataFrame({"content_hash": hashes}).join(
        places, on="content_hash", how="left", maintain_order="left"
    )
    places_or_last = found["place"].fill_null(len(matrix)).to_numpy()
    return np.asarray(padded[places_or_last], dtype=np.float32)


def platforms(warehouse: Warehouse) -> list[str]:
    """Platforms that have posts."""
    return list(warehouse.query("features.platforms")["platform"])


def popularity_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """Features, and the training that writes registry, evaluations and importances."""
    features = table_asset(
        features_recipe(settings),
        compute_features,
        start=start,
        kinds={"polars", "table"},
        pooled=False,
    )
    return [features, _training()]


def compute_features(build: Build) -> dict[str, Any]:
    """Features of every platform's posts for the default target."""
    frames: list[pl.DataFrame] = [TABLES["features.popularity"].schema.create_empty()]
    for platform in platforms(build.warehouse):
        data = load_platform(build.warehouse, platform, TARGET)
        frames.append(data.features(TARGET, build.settings.maturity))
        build.log(f"features.popularity: {platform}, {data.posts.height} posts")
    build.write(pl.concat(frames))
    return {"target": TARGET, "maturity_hours": build.settings.maturity.total_seconds() / 3600}


def _training() -> dg.AssetsDefinition:
    specs = [
        dg.AssetSpec(
            TABLES[name].asset_path,
            deps=dependencies(model_recipe(name).upstream, TABLES[name]),
            group_name="models",
            description=TABLES[name].description,
            metadata={"dagster/column_schema": column_schema(TABLES[name])},
            kinds={"xgboost", "catboost", "table"},
            owners=OWNERS,
            code_version=model_recipe(name).code_version,
        )
        for name in MODEL_TABLES
    ]
    checks = [check_spec(TABLES[name]) for name in MODEL_TABLES]

    @dg.multi_asset(name="train_popularity", specs=specs, check_specs=checks)
    def train_popularity(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        builds = {t: start_build(context, warehouse, model_recipe(t)) for t in MODEL_TABLES}
        if any(b.versions for b in builds.values()):
            frames = train_all(builds["models.registry"])
            try:
                for table, build in builds.items():
                    build.versions = build.all_versions
                    build.write(frames[table])
            except ContractError as error:
                yield failed_check(error)
                raise dg.Failure(str(error)) from error
        for table, build in builds.items():
            yield dg.MaterializeResult(
                asset_key=TABLES[table].asset_path,
                metadata=report_partitions(context, build, {}),
                check_results=[passed_check(TABLES[table])],
            )

    return train_popularity


def train_all(build: Build) -> dict[str, pl.DataFrame]:
    """Train and score a model for each platform that has enough posts.

    Returns the rows of the three model tables. A platform with fewer than
    MIN_TRAINING_ROWS labelled posts gets none, and the log says so.
    """
    rows: dict[str, list[pl.DataFrame]] = {
        name: [TABLES[name].schema.create_empty()] for name in MODEL_TABLES
    }
    copies = build.warehouse.read("content.near_duplicates", list(NO_COPIES.columns))
    for platform in platforms(build.warehouse):
        data = load_platform(build.warehouse, platform, TARGET, copies)
        labelled = data.posts["outcome"].is_not_null()
        if labelled.sum() < MIN_TRAINING_ROWS:
            build.log(
                f"models: {platform} has {labelled.sum()} posts with counts, too few to learn"
            )
            continue
        features = data.features(TARGET, build.settings.maturity)
        scored = evaluate(
            features,
            data.embeddings,
            copies=data.copies,
            settings=EvaluationSettings(maturity=build.settings.maturity),
        )
        for protocol, reason in scored.skipped.items():
            build.log(f"models: {platform}, protocol {protocol} skipped: {reason}")
        build.log(f"models: {platform} scored on {data.posts.height} posts")
        model = fit(
            features, data.embeddings, SEED, maturity=build.settings.maturity, trees=scored.trees
        )
        artifacts = save_popularity(build.settings.artifacts, model)
        rows["models.registry"].append(_registry(platform, features, model, artifacts))
        rows["models.evaluations"].append(scored.scores)
        importances = model.importances(features, data.embeddings, SEED)
        rows["models.importances"].append(
            importances.with_columns(
                pl.lit(platform).alias("platform"), pl.lit(TARGET).alias("target")
            )
        )
        build.log(f"models: {platform} trained")
    return {name: pl.concat(frames, how="diagonal") for name, frames in rows.items()}


def _registry(
    platform: str, features: pl.DataFrame, model: PopularityModel, artifacts: dict[str, Artifact]
) -> pl.DataFrame:
    trained = features.filter(pl.col("outcome").is_not_null())
    return pl.DataFrame(
        {
            "model_id": "-".join(
                ("popularity", platform, TARGET, algorithm, artifacts[algorithm].sha256[:12])
            ),
            "task": "popularity",
            "platform": platform,
            "target": TARGET,
            "algorithm": algorithm,
            "artifact_path": artifacts[algorithm].path,
            "artifact_sha256": artifacts[algorithm].sha256,
            "inputs_path": artifacts["inputs"].path,
            "inputs_sha256": artifacts["inputs"].sha256,
            "features": list(model.feature_names),
            "trained_from": trained["posted_at"].min(),
            "trained_to": trained["posted_at"].max(),
            "training_rows": trained.height,
            "code_version": __version__,
            "seed": SEED,
            "status": "champion",
        }
        for algorithm in ("xgboost", "catboost")
    )
