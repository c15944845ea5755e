"""The main job on a small sample world: ingest, build, and what happens when data comes late."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_assets import targets
from influence_assets.assets.popularity import load_platform
from influence_assets.build import build_defs
from influence_assets.cli_ingest import ingest_and_tell
from influence_assets.domain.spread.outliers import outlier_scores
from influence_assets.errors import UserError
from influence_assets.instance import open_instance
from influence_assets.planning import Outcome, Request, refresh
from influence_assets.sample.world import load_truth, write_world
from influence_assets.settings import Settings
from influence_assets.storage.artifacts import Artifact, load_popularity
from influence_assets.storage.warehouse import Warehouse

DATES = ("core.posts", "core.interactions", "core.post_metrics")


@dataclass
class World:
    settings: Settings
    instance: dg.DagsterInstance
    ingested: dict
    outcome: Outcome

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.settings.warehouse, 5)

    def sql(self, query: str, **parameters: object) -> list[tuple]:
        with self.warehouse.connect() as connection:
            return connection.execute(query, parameters).fetchall()

    def refresh(self, **request: object) -> Outcome:
        return refresh(build_defs(self.settings), self.instance, self.settings, Request(**request))  # type: ignore[arg-type]

    def ingest(self, path: Path | None = None, source: str = "", replace: bool = False) -> dict:
        asked = targets.Request((str(path),) if path else (), source)
        return ingest_and_tell(self.settings, asked, replace, None)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = Settings.from_env({"INFLUENCE_HOME": str(tmp_path_factory.mktemp("home"))})
    write_world(settings.home, weeks=16, profiles_per_community=10)
    ingested = ingest_and_tell(settings, targets.Request(), False, None)
    with open_instance(settings) as instance:
        outcome = refresh(build_defs(settings), instance, settings)
        yield World(settings, instance, ingested, outcome)


def test_every_record_is_good_or_quarantined_as_planted(world: World) -> None:
    truth = load_truth(world.settings.home)
    planted = truth.files.select(pl.col("path"), pl.col("records"), pl.col("broken")).sort("path")
    landing = str(world.settings.landing) + "/"
    found = (
        pl.DataFrame(world.ingested["files"])
        .select(
            pl.col("path").str.replace(landing, "", literal=True),
            pl.col("rows_in").alias("records"),
            pl.col("rows_quarantined").alias("broken"),
        )
        .sort("path")
    )
    assert found.rows() == planted.rows()
    assert world.ingested["rows_in"] == planted["records"].sum()
    assert planted["broken"].sum() > 10
    overflowed = world.sql("SELECT count(*) FROM core.metric_flags WHERE rule = 'count_overflowed'")
    assert overflowed == [(truth.files["flagged"].sum(),)] != [(0,)]


def test_everything_was_built_and_nothing_is_stale(world: World) -> None:
    assert set(world.outcome.built) >= {
        "core.posts", "graph.communities_weekly", "models.registry", "report.page",
    }  # fmt: skip
    assert world.refresh().built == {}


def test_dagster_knows_the_partitions_with_data_and_no_others(world: World) -> None:
    for name, day in (("posts", "posted_date"), ("interactions", "occurred_date")):
        shown = world.instance.get_materialized_partitions(dg.AssetKey(["core", name]))
        days = world.sql(f"SELECT DISTINCT CAST({day} AS VARCHAR) FROM core.{name}")
        assert {d for (d,) in days} <= shown
        raw = world.sql(f"SELECT DISTINCT CAST({day} AS VARCHAR) FROM raw.{name}")
        assert shown == {d for (d,) in raw}
    # Follows reach years back with gaps: a week without any tie is not there.
    weeks = world.instance.get_materialized_partitions(dg.AssetKey(["graph", "edges_weekly"]))
    held = world.sql(
        "SELECT DISTINCT CAST(date_trunc('week', occurred_date) AS DATE)::VARCHAR "
        "FROM core.interactions"
    )
    assert weeks == {w for (w,) in held}


def test_row_counts_and_a_picture_are_in_the_metadata(world: World) -> None:
    event = world.instance.get_latest_materialization_event(dg.AssetKey(["core", "posts"]))
    assert event is not None and event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    day = event.asset_materialization.partition
    rows = world.sql("SELECT count(*) FROM core.posts WHERE posted_date = CAST($d AS DATE)", d=day)
    assert metadata["dagster/partition_row_count"].value == rows[0][0]
    picture = str(metadata["rows"].value)
    assert picture.startswith("![") and len(picture) < 100_000


def test_found_communities_are_the_planted_ones(world: World) -> None:
    truth = load_truth(world.settings.home).communities
    week = truth["week_start"].max()
    planted = truth.filter(pl.col("week_start") == week)
    found = world.warehouse.read(
        "graph.communities_weekly",
        ["platform", "profile_id", "week_start", "community_id"],
        since=week,
        until=week,
    )
    both = planted.join(found, on=["platform", "profile_id"])
    assert both.height > 0.9 * planted.height
    for _, rows in both.group_by("platform"):
        assert adjusted_rand_score(rows["community"], rows["community_id"]) >= 0.9


def test_planted_drivers_are_among_the_top_importances(world: World) -> None:
    rows = world.sql("SELECT platform, feature, mean_abs_shap FROM models.importances")
    frame = pl.DataFrame(rows, schema=["platform", "feature", "shap"], orient="row")
    for _, drivers in frame.group_by("platform"):
        ranked = (
            drivers.group_by("feature").agg(pl.col("shap").sum()).sort("shap", descending=True)
        )["feature"].to_list()
        # Author level, hot topics (seen in the text only), evening hours.
        assert ranked[0] == "base"
        assert "text_embedding" in ranked[:8]
        assert any(f.startswith("hour") for f in ranked[:12])
    # Questions are rare: one small platform's posts hardly show them, all of them do.
    totals = frame.group_by("feature").agg(pl.col("shap").sum()).sort("shap", descending=True)
    assert "question_mark_count" in totals["feature"].to_list()[:20]


def test_models_beat_the_rules_of_thumb(world: World) -> None:
    rows = world.sql(
        "SELECT platform, is_baseline, max(value) FROM models.evaluations "
        "WHERE metric = 'src' AND protocol = 'T' AND value IS NOT NULL GROUP BY ALL"
    )
    best = {(platform, base): value for platform, base, value in rows}
    for platform in ("instagram", "twitter", "youtube"):
        assert best[platform, False] > best[platform, True] + 0.02


def test_posts_on_what_moves_people_stand_out(world: World) -> None:
    truth = load_truth(world.settings.home).posts.select("platform", "post_id", "pull")
    found = set()
    for (platform,), own in truth.group_by("platform"):
        readings = world.warehouse.query("spread.readings", {"platform": platform})
        scores = outlier_scores(readings).filter(pl.col("earlier_posts") >= 3)
        pulls = scores.join(own, on="post_id").group_by("pull").agg(pl.col("outlier_score").mean())
        mean = dict(pulls.iter_rows())
        # In the logarithm hot is 0.7 above plain and cold 0.5 below, within a spread of about 0.8.
        assert mean["hot"] > mean["plain"] + 0.4 > mean["cold"] + 0.8
        out = scores.filter(pl.col("outlier_score") >= 3.5)
        found |= {(platform, post_id) for post_id in out["post_id"]}
    assert set(world.sql("SELECT platform, post_id FROM marts.viral_posts")) == found


def test_hashtags_and_replies_are_followed(world: World) -> None:
    used = world.sql(
        "SELECT count(DISTINCT (platform, hashtag)) FROM (SELECT platform, profile_id, "
        "unnest(hashtags) AS hashtag FROM core.posts WHERE is_posted_at_known) WHERE hashtag <> ''"
    )
    weekly = world.sql("SELECT count(DISTINCT (platform, hashtag)) FROM marts.hashtags_weekly")
    assert weekly == used != [(0,)]
    kinds = world.sql("SELECT DISTINCT kind FROM marts.cascades")
    # The sample world has no reposts; a text is copied in it by chance.
    assert {("hashtag",), ("reply",)} <= set(kinds) <= {("hashtag",), ("reply",), ("text",)}


def test_no_feature_peeks(world: World) -> None:
    peeking = world.sql(
        "SELECT count(*) FROM features.popularity "
        "WHERE history_available_at > posted_at OR graph_available_at > posted_at"
    )
    seen = world.sql("SELECT count(history_available_at), count(graph_available_at) "
                     "FROM features.popularity")  # fmt: skip
    assert peeking == [(0,)]
    assert min(seen[0]) > 100


def _stored(world: World, platform: str) -> dict[str, Artifact]:
    rows = world.sql(
        "SELECT algorithm, artifact_path, artifact_sha256, inputs_path, inputs_sha256 "
        "FROM models.registry WHERE platform = $p",
        p=platform,
    )
    stored = {row[0]: Artifact(row[1], row[2]) for row in rows}
    return stored | {"inputs": Artifact(rows[0][3], rows[0][4])}


def test_a_stored_model_predicts_and_a_damaged_one_is_refused(world: World, tmp_path: Path) -> None:
    stored = _stored(world, "twitter")
    assert {a.path.rsplit(".")[-1] for a in stored.values()} == {"ubj", "cbm", "safetensors"}
    data = load_platform(world.warehouse, "twitter", "engagement")
    features = data.features("engagement", world.settings.maturity)
    model = load_popularity(world.settings.artifacts, stored)
    predicted = model.predict(features, data.embeddings)["ensemble"]
    outcome = features["outcome"].log1p().to_numpy()
    assert abs(predicted - outcome).mean() < 0.5  # in sample; a wrong input order gives far more

    shutil.copytree(world.settings.artifacts, tmp_path / "artifacts")
    victim = tmp_path / "artifacts" / stored["catboost"].path
    victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="SHA-256"):
        load_popularity(tmp_path / "artifacts", stored)


def test_texts_are_embedded_once(world: World) -> None:
    before = world.sql("SELECT count(*) FROM content.text_embeddings")
    distinct = world.sql("SELECT count(DISTINCT text) FROM core.posts WHERE trim(text) <> ''")
    assert before == distinct
    world.refresh(select="content/text_embeddings", force=True)
    event = world.instance.get_latest_materialization_event(
        dg.AssetKey(["content", "text_embeddings"])
    )
    assert event is not None and event.asset_materialization is not None
    assert event.asset_materialization.metadata["texts_encoded"].value == 0
    assert world.sql("SELECT count(*) FROM content.text_embeddings") == before


def test_the_report_is_one_page_about_this_world(world: World) -> None:
    html = world.settings.report.read_text(encoding="utf-8")
    name = world.sql(
        "SELECT profile_id FROM graph.profile_centrality_weekly "
        "WHERE platform = 'twitter' ORDER BY week_start DESC, pagerank DESC LIMIT 1"
    )
    assert name[0][0] in html
    assert "quarantin" in html.lower()
    assert 'src="http' not in html


def test_the_same_files_again_and_under_other_names_add_nothing(
    world: World, tmp_path: Path
) -> None:
    again = world.ingest()
    assert (again["files_ingested"], again["rows_in"]) == (0, 0)
    assert again["files_known"] == len(world.ingested["files"])
    renamed = tmp_path / "renamed"
    shutil.copytree(world.settings.landing / "follows", renamed)
    (renamed / "follows.csv").rename(renamed / "follows_another_name.csv")
    assert world.ingest(renamed)["rows_in"] == 0
    assert world.refresh(select="group:core").built == {}


def test_late_rows_build_their_days_and_weeks_and_nothing_else(
    world: World, tmp_path: Path
) -> None:
    day, week, before = "2025-02-12", "2025-02-10", "2025-02-03"
    untouched = world.sql(
        "SELECT * FROM core.profile_snapshots WHERE observed_date <> CAST($d AS DATE) "
        "ORDER BY ALL", d=day,
    )  # fmt: skip
    (tmp_path / "late.csv").write_text(f"who,day,fans\nsomeone_new,{day},1234\n")
    (tmp_path / "late.yaml").write_text(
        "platform: twitter\nfiles:\n  - format: csv\n    feeds:\n"
        "      - contract: profile_snapshots\n"
        "        columns: {profile_id: who, observed_at: day, followers: fans}\n"
    )
    assert world.ingest(tmp_path / "late.csv", str(tmp_path / "late.yaml"))["rows_good"] == 1
    outcome = world.refresh(select="group:core or group:marts or group:graph")
    # The week itself, and the next one, whose followers_change looks back at it.
    since = world.sql(
        "SELECT count(DISTINCT week_start) FROM graph.edges_weekly "
        "WHERE week_start >= CAST($w AS DATE)", w=week,
    )[0][0]  # fmt: skip
    # What looks at snapshots so far does so in every week from then on.
    assert outcome.built == {
        "core.profile_snapshots": 1, "marts.profile_metrics_weekly": 2,
        "graph.community_profiles_weekly": since, "marts.authenticity_evidence_weekly": since,
        "graph.influence_adjusted_weekly": since, "graph.proximity_weekly": since,
    }  # fmt: skip
    rows = world.sql(
        "SELECT week_start::VARCHAR, followers_end, days_observed "
        "FROM marts.profile_metrics_weekly WHERE profile_id = 'someone_new'"
    )
    assert rows == [(week, 1234, 1)]
    assert before not in {r[0] for r in rows}
    assert untouched == world.sql(
        "SELECT * FROM core.profile_snapshots WHERE observed_date <> CAST($d AS DATE) "
        "ORDER BY ALL", d=day,
    )  # fmt: skip


def test_a_replaced_file_makes_its_days_stale(world: World) -> None:
    # Also the file that came in last: its number must change, or nobody would notice.
    path = world.sql("SELECT path FROM raw.files ORDER BY ingest_number DESC LIMIT 1")[0][0]
    mapping = str(Path(path).with_suffix(".yaml"))
    again = world.ingest(Path(path), mapping, replace=True)
    assert (again["files_ingested"], again["rows_good"]) == (1, 1)
    assert world.refresh(select="group:core").built == {"core.profile_snapshots": 1}


def test_a_rerun_gives_the_same_rows(world: World) -> None:
    tables = (*DATES, "marts.profile_metrics_weekly", "graph.edges_weekly",
              "graph.profile_centrality_weekly", "graph.communities_weekly",
              "graph.community_events", "graph.community_profiles_weekly", "graph.layout_weekly",
              "marts.authenticity_evidence_weekly", "marts.hashtags_weekly", "marts.cascades",
              "marts.viral_posts", "content.topics_weekly", "content.near_duplicates",
              "content.post_content", "marts.community_content_weekly")  # fmt: skip
    query = "SELECT * FROM {} ORDER BY ALL"
    before = {t: world.sql(query.format(t)) for t in tables}
    # From a week on: those before it are what communities and topics carry on from.
    outcome = world.refresh(
        select="group:core or group:marts or group:graph or group:content",
        first=date(2025, 3, 3),
        force=True,
    )
    assert outcome.built["graph.communities_weekly"] > 5
    assert outcome.built["content.topics_weekly"] > 5
    for table, rows in before.items():
        assert world.sql(query.format(table)) == rows, table


def test_a_backfill_over_a_range_is_one_run_that_builds_each_day(world: World) -> None:
    first, last = "2025-02-03", "2025-02-16"
    rows = world.sql("SELECT * FROM core.posts ORDER BY ALL")
    defs = build_defs(world.settings)
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=world.instance,
        asset_selection=[dg.AssetKey(["core", "posts"])],
        tags={
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
        },
    )
    events = result.asset_materializations_for_node("core__posts")
    assert [e.partition for e in events] == [f"2025-02-{d:02d}" for d in range(3, 17)]
    checks = result.get_asset_check_evaluations()
    assert [(c.check_name, c.passed) for c in checks] == [("contract", True)]
    assert world.sql("SELECT * FROM core.posts ORDER BY ALL") == rows


def test_a_run_that_breaks_the_contract_fails_its_check_and_keeps_the_old_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from influence_assets.storage import sql

    rows = world.sql("SELECT * FROM core.posts ORDER BY ALL")
    broken = sql.select("core.posts").replace(
        "SELECT *, CAST", "SELECT * REPLACE ('' AS post_id), CAST"
    )
    monkeypatch.setattr(sql, "select", lambda name: broken)
    result = (
        build_defs(world.settings)
        .resolve_implicit_global_asset_job_def()
        .execute_in_process(
            instance=world.instance,
            asset_selection=[dg.AssetKey(["core", "posts"])],
            partition_key="2025-02-12",
            raise_on_error=False,
        )
    )
    assert not result.success
    assert [c.passed for c in result.get_asset_check_evaluations()] == [False]
    assert world.sql("SELECT * FROM core.posts ORDER BY ALL") == rows


def test_the_checks_over_tables_pass(world: World) -> None:
    from influence_assets.checks import ALL_CHECKS
    from influence_assets.resources import WarehouseResource

    resource = WarehouseResource.from_settings(world.settings)
    results = [check(resource) for check in ALL_CHECKS]
    assert [r.passed for r in results] == [True, True]
    assert results[0].metadata["files"].value == len(world.ingested["files"]) + 1


def test_truth_is_not_ingested(world: World) -> None:
    paths = [p for (p,) in world.sql("SELECT path FROM raw.files")]
    assert not any("truth" in Path(p).parts for p in paths)
    assert json.loads((world.settings.home / "truth" / "truth.json").read_text())
