"""What Dagster is shown: assets, partitions, checks, automation."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import dagster as dg
import pytest

from influence_assets.build import build_defs
from influence_assets.contracts import TABLES
from influence_assets.errors import UserError
from influence_assets.planning import recipes
from influence_assets.resources import WarehouseResource
from influence_assets.settings import Settings

ASSETS = {
    "raw/files", "raw/quarantine", "raw/posts", "raw/post_metrics", "raw/profile_snapshots",
    "raw/interactions", "raw/media", "core/posts", "core/metric_flags", "core/post_metrics",
    "core/profile_snapshots", "core/interactions", "core/media", "marts/profile_metrics_weekly",
    "graph/edges_weekly", "graph/profile_centrality_weekly", "graph/centrality_standing_weekly",
    "graph/communities_weekly", "graph/community_events", "graph/community_ties_weekly",
    "graph/community_words_weekly", "graph/community_profiles_weekly", "graph/layout_weekly",
    "graph/proximity_weekly", "marts/authenticity_evidence_weekly",
    "graph/influence_adjusted_weekly", "marts/cascades", "marts/hashtags_weekly",
    "marts/viral_posts", "content/text_embeddings", "content/images", "features/popularity",
    "models/registry", "models/evaluations", "models/importances", "report/page", "content/texts",
    "content/text_topics", "content/image_embeddings", "content/caption_embeddings",
    "content/image_tags", "content/near_duplicates", "content/topics_weekly",
    "content/post_topics_weekly", "marts/topics_rising_weekly", "marts/community_content_weekly",
    "content/post_content",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.from_env({"INFLUENCE_HOME": str(tmp_path_factory.mktemp("home"))})


@pytest.fixture(scope="module")
def defs(settings: Settings) -> dg.Definitions:
    return build_defs(settings)


@pytest.fixture(scope="module")
def nodes(defs: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def test_definitions_load(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_asset_keys_are_these(nodes: dict[str, dg.AssetSpec]) -> None:
    assert set(nodes) == ASSETS


def test_every_asset_is_described(nodes: dict[str, dg.AssetSpec]) -> None:
    for name, spec in nodes.items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name
        assert spec.group_name == name.split("/")[0]


def test_column_schemas_come_from_the_contracts(nodes: dict[str, dg.AssetSpec]) -> None:
    for name in ASSETS - {"report/page"}:
        schema = nodes[name].metadata["dagster/column_schema"]
        table = TABLES[name.replace("/", ".")]
        assert [c.name for c in schema.columns] == list(table.columns)


def test_partitions_follow_the_contracts(nodes: dict[str, dg.AssetSpec]) -> None:
    for name, spec in nodes.items():
        table = TABLES.get(name.replace("/", "."))
        expected = {"day": "2004-01-01", "week": "2003-12-29", None: None}[
            table.grain if table else None
        ]
        found = spec.partitions_def
        assert (found.get_first_partition_key() if found else None) == expected, name


def test_weeks_are_named_by_their_monday_and_the_running_one_is_there(
    nodes: dict[str, dg.AssetSpec],
) -> None:
    from datetime import UTC, date, datetime

    weeks = nodes["graph/edges_weekly"].partitions_def
    assert weeks is not None
    last = weeks.get_last_partition_key()
    assert last is not None
    assert date.fromisoformat(last).weekday() == 0
    assert (datetime.now(UTC).date() - date.fromisoformat(last)).days < 7


def test_every_built_table_has_a_blocking_contract_check(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    checked = {
        key.asset_key.to_user_string()
        for key in graph.asset_check_keys
        if key.name == "contract" and graph.get(key).blocking
    }
    external = {name for name in ASSETS if name.startswith("raw/")}
    assert checked == ASSETS - external - {"report/page"}


def test_what_computes_outside_the_pool_of_the_warehouse(defs: dg.Definitions) -> None:
    nodes = [d.node_def for d in defs.resolve_asset_graph().assets_defs if d.is_executable]
    outside = {n.name for n in nodes if isinstance(n, dg.OpDefinition) and n.pool != "duckdb"}
    assert outside == {
        "content__images", "content__text_embeddings", "features__popularity", "train_popularity",
        "content__texts", "content__text_topics", "content__image_embeddings",
        "content__caption_embeddings", "content__image_tags", "content__near_duplicates",
    }  # fmt: skip


def test_every_asset_that_is_built_has_a_recipe(settings: Settings) -> None:
    built = {table.replace(".", "/") for table in recipes(settings)}
    assert built == {name for name in ASSETS if not name.startswith("raw/")}


def test_lineage_is_that_of_the_recipes(settings: Settings, nodes: dict[str, dg.AssetSpec]) -> None:
    for table, recipe in recipes(settings).items():
        deps = {d.asset_key.to_user_string() for d in nodes[table.replace(".", "/")].deps}
        assert deps == {u.table.replace(".", "/") for u in recipe.upstream}


def test_runs_see_every_setting(tmp_path: Path) -> None:
    chosen = Settings.from_env(
        {
            "INFLUENCE_HOME": str(tmp_path),
            "INFLUENCE_WAREHOUSE": str(tmp_path / "other.duckdb"),
            "INFLUENCE_START_DATE": "2010-02-03",
            "INFLUENCE_TEXT_ENCODER": "other",
            "INFLUENCE_LOCK_WAIT_S": "1.5",
            "INFLUENCE_MATURITY_HOURS": "12.5",
            "INFLUENCE_RETRAIN_AFTER": "7",
            "INFLUENCE_IMAGE_ENCODER": "none",
            "INFLUENCE_SENTIMENT": "some/classifier",
            "INFLUENCE_EMOTION": "other/classifier",
            "INFLUENCE_TOPICS": "third/classifier",
            "INFLUENCE_IMAGE_TAGS": str(tmp_path / "tags.yaml"),
            "INFLUENCE_DEVICE": "cpu",
            "INFLUENCE_SETTLE_S": "2.5",
            "INFLUENCE_COMMUNITY_QUALITY": "cpm",
            "INFLUENCE_COMMUNITY_RESOLUTION": "0.05",
            "INFLUENCE_TIE_WEIGHTS": "follow=0.5,hashtag=1e-7",
        }
    )
    default = Settings.from_env({})
    assert all(getattr(chosen, f.name) != getattr(default, f.name) for f in fields(Settings))
    assert WarehouseResource.from_settings(chosen).settings == chosen


def test_a_home_has_settings_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text(
        "# a remark\n\nINFLUENCE_DEVICE=cpu\nINFLUENCE_IMAGE_ENCODER=none\n", encoding="utf-8"
    )
    here = {"INFLUENCE_HOME": str(tmp_path)}
    settings = Settings.from_env(here)
    assert (settings.device, settings.image_encoder) == ("cpu", "none")
    assert settings.is_image_encoder_chosen
    # The environment goes before it.
    assert Settings.from_env(here | {"INFLUENCE_DEVICE": "mps"}).device == "mps"
    assert WarehouseResource.from_settings(settings).settings == settings


@pytest.mark.parametrize("line", ["device=cpu", "INFLUENCE_DEVICE", "INFLUENCE_HOME=/elsewhere"])
def test_a_line_that_is_no_setting_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "settings.env").write_text(line, encoding="utf-8")
    with pytest.raises(UserError, match="no setting"):
        Settings.from_env({"INFLUENCE_HOME": str(tmp_path)})


def test_jobs_schedule_and_sensors(defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    assert {"refresh", "ingest_files", "retrain"} <= set(repository.job_names)
    assert [s.name for s in repository.schedule_defs] == ["daily_refresh"]
    assert {s.name for s in repository.sensor_defs} >= {"landing_sensor", "retrain_sensor"}


def test_dagster_yaml_opens_an_instance(settings: Settings) -> None:
    from influence_assets.instance import open_instance
    from influence_assets.storage.event_log import BatchedSqliteEventLogStorage

    with open_instance(settings) as instance:
        assert isinstance(instance.event_log_storage, BatchedSqliteEventLogStorage)
        assert not instance.telemetry_enabled
    assert (settings.dagster / "history").is_dir()
    assert not Path(".influence/dagster").resolve().is_relative_to(settings.home)
