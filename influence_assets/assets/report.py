"""The report: one self-contained HTML page about all that is in the warehouse."""

from datetime import UTC, datetime

import dagster as dg

from influence_assets import reporting
from influence_assets.assets.shell import (
    OWNERS,
    POOL,
    Build,
    code_of,
    dependencies,
    report_partitions,
    start_build,
)
from influence_assets.resources import WarehouseResource
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import WHOLE

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
            "graph.edges_weekly",
            "graph.profile_centrality_weekly",
            "graph.communities_weekly",
            "models.registry",
            "models.evaluations",
            "models.importances",
        )
    ),
    code_of(reporting),
)


def report_assets() -> list[dg.AssetsDefinition]:
    """The asset of the page."""

    @dg.asset(
        key=["report", "page"],
        deps=dependencies(RECIPE.upstream, None),
        group_name="report",
        description="One HTML page: what came in, coverage, growth, the network, profiles, "
        "communities, model scores against baselines, drivers, quarantine.",
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
    from influence_assets.reporting.data import ReportData
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
    thumbnail = pictures.network_thumbnail(data.network_nodes, data.network_edges, "The network")
    return {
        "path": dg.MetadataValue.path(str(target)),
        "kilobytes": dg.MetadataValue.int(len(html) // 1024),
        "network": dg.MetadataValue.md(pictures.as_markdown(thumbnail, "The network")),
    }
