"""What each post says and shows: texts, pictures, tags and topics by their posts."""

from __future__ import annotations

import hashlib
from datetime import date

import dagster as dg

from influence_assets.assets.images import images_recipe
from influence_assets.assets.pictures import picture_recipes
from influence_assets.assets.shell import table_asset
from influence_assets.assets.sql_tables import sql_compute, sql_recipe
from influence_assets.assets.text_topics import text_topics_recipe
from influence_assets.assets.texts import texts_recipe
from influence_assets.encoders.find import is_here
from influence_assets.settings import Settings
from influence_assets.storage.versions import Recipe, Upstream


def post_content_recipe(settings: Settings) -> Recipe:
    """A day is stale with its posts and media, with the topics of its week, and where texts or
    pictures are measured in another way, such as by an encoder that was fetched since."""
    looked_up = (
        texts_recipe(settings),
        text_topics_recipe(settings),
        images_recipe(),
        *picture_recipes(settings),
    )
    can_see = is_here(settings.image_encoder, settings.encoders)
    ways = "\n".join([f"{can_see}", *(recipe.code_version for recipe in looked_up)])
    return sql_recipe(
        "content.post_content",
        Upstream("core.posts", "same"),
        Upstream("core.media", "same", drives=False),
        Upstream("content.post_topics_weekly", "its_week", drives=False),
        Upstream("content.topics_weekly", "its_week", drives=False),
        # A measure is given by the text or the picture: those of new ones make no old day stale.
        *(Upstream(recipe.table, "touched") for recipe in looked_up),
        settings=hashlib.sha256(ways.encode()).hexdigest()[:12],
    )


def post_content_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The asset of what posts say and show."""
    recipe = post_content_recipe(settings)
    return [table_asset(recipe, sql_compute(recipe), start=start, kinds={"sql", "duckdb", "table"})]
