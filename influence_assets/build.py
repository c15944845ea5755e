"""Assembly: every asset, check, job, sensor and schedule, with overrides for tests."""

from __future__ import annotations

import os

import dagster as dg

from influence_assets.assets.authenticity import authenticity_assets
from influence_assets.assets.collect import collect_assets, collect_schedules
from influence_assets.assets.content import content_assets
from influence_assets.assets.duplicates import duplicates_assets
from influence_assets.assets.graph import graph_assets
from influence_assets.assets.images import image_assets
from influence_assets.assets.pictures import picture_assets
from influence_assets.assets.popularity import popularity_assets
from influence_assets.assets.post_content import post_content_assets
from influence_assets.assets.proximity import proximity_assets
from influence_assets.assets.raw import raw_assets
from influence_assets.assets.report import report_assets
from influence_assets.assets.spread import spread_assets
from influence_assets.assets.sql_tables import sql_assets
from influence_assets.assets.text_topics import text_topics_assets
from influence_assets.assets.texts import texts_assets
from influence_assets.assets.topics import topic_assets
from influence_assets.automation import jobs, schedules, sensors
from influence_assets.checks import ALL_CHECKS
from influence_assets.resources import WarehouseResource
from influence_assets.settings import Settings
from influence_assets.storage.event_log import BATCH


def build_defs(settings: Settings | None = None) -> dg.Definitions:
    """Everything that Dagster shows.

    Args:
        settings: where things are; by default read from the environment, now.
    """
    settings = settings or Settings.from_env()
    # Dagster reads this at each event; without it the log is written event by event.
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(BATCH))
    start = settings.start_date
    return dg.Definitions(
        assets=[
            *collect_assets(start, settings),
            *raw_assets(start),
            *sql_assets(start),
            *graph_assets(start, settings),
            *authenticity_assets(start, settings),
            *spread_assets(start),
            *content_assets(start, settings),
            *image_assets(start),
            *texts_assets(start, settings),
            *text_topics_assets(start, settings),
            *picture_assets(start, settings),
            *duplicates_assets(start),
            *proximity_assets(start, settings),
            *topic_assets(start, settings),
            *post_content_assets(start, settings),
            *popularity_assets(start, settings),
            *report_assets(),
        ],
        asset_checks=ALL_CHECKS,
        jobs=jobs(),
        schedules=[*schedules(), *collect_schedules(settings)],
        sensors=sensors(settings),
        resources={"warehouse": WarehouseResource.from_settings(settings)},
        # One process for a run: its steps share what they loaded, and the warehouse takes one
        # writer anyway.
        executor=dg.in_process_executor,
    )
