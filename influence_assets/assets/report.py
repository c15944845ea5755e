"""The report: one self-contained HTML page about all that is in the warehouse."""

import hashlib
from datetime import UTC, datetime

import dagster as dg

from influence_assets import reporting
from influence_assets.assets.declared import dependencies
from influence_assets.assets.shell import (
    OWNERS,
    POOL,
    Build,
    code_of,
    report_partitions,
    start_build,
)
from influence_assets.reporting.data import QUERIES, ReportData
from influence_assets.resources import WarehouseResource
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import WHOLE


def _queries_version() -> str:
    """A fingerprint of all that the page asks."""
    versions = "".join(sql.code_version(f"report.{name}") for name in QUERIES)
    return hashlib.sha256(versions.encode()).hexdigest()[:12]


RECIPE = Recipe(
    "report.page",
    tuple(
        Upstream(table, "all")
        for table in (
            "core.posts",
            "core.post_metrics",
            "core.profile_snapshots",
            "core.interactions",
            "marts.profile_metrics_weekly",
            "content.topics_weekly",
            "content.post_topics_weekly",
            "marts.topics_rising_weekly",
            "marts.community_content_weekly",
            "marts.hashtags_weekly",
            "marts.cascades",
            "marts.viral_posts",
            "marts.authenticity_evidence_weekly",
            "graph.edges_weekly",
            "graph.profile_centrality_weekly",
            "graph.communities_weekly",
            "graph.community_events",
            "graph.community_profiles_weekly",
            "graph.layout_weekly",
            "models.registry",
            "models.evaluations",
            "models.importances",
        )
    ),
    f"{code_of(reporting)}-{_queries_version()}",
)


def report_assets() -> list[dg.AssetsDefinition]:
    """The asset of the page."""

    @dg.asset(
        key=["report", "page"],
        deps=dependencies(RECIPE.upstream, None),
        group_name="report",
        description="One HTML page: what came in, coverage, growth, the network, profiles, "
        "communities and their lives, what is talked about, what spreads, what to look at twice, "
        "model scores against baselines, drivers, quarantine.",
        kinds={"html", "matplotlib"},
        owners=OWNERS,
        code_version=RECIPE.code_version,
        pool=POOL,
    )
    def page(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource
    ) -> dg.MaterializeResult[None]:
        build = start_build(context, warehouse, RECIPE)
        extra = write_report(build) if build.versions else {}
        return dg.MaterializeResult(metadata=report_partitions(context, build, extra))

    return [page]


def write_report(build: Build) -> dict[str, dg.MetadataValue]:
    """Render the page and put it in place of the old one, whole."""
    from influence_assets.reporting import pictures
    from influence_assets.reporting.page import render_report

    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    data = ReportData.from_query(lambda name: build.warehouse.query(f"report.{name}"), now)
    html = render_report(data)
    target = build.settings.report
    partial = target.with_suffix(".part")
    partial.write_text(html, encoding="utf-8")
    partial.replace(target)
    build.warehouse.mark_built(build.recipe.table, build.versions[WHOLE], build.run_id)
    build.note(WHOLE, 1)
    build.log(f"report: {target} written, {len(html) // 1024} kB")
    # A map is one platform's: that with the most profiles.
    largest = data.graph_totals.head(1)
    thumbnail = pictures.network_thumbnail(
        data.network_nodes.join(largest, on="platform", how="semi"),
        data.network_edges.join(largest, on="platform", how="semi"),
        "The network",
    )
    return {
        "path": dg.MetadataValue.path(str(target)),
        "kilobytes": dg.MetadataValue.int(len(html) // 1024),
        "network": dg.MetadataValue.md(pictures.as_markdown(thumbnail, "The network")),
    }
