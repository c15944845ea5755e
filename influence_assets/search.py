"""Posts that say or show what is asked for, by the vectors of their texts or pictures.

Belongs here: what is compared with what, and what to say where it cannot be. Does not: the
comparison itself (`sql/content/search_*.sql`, inside DuckDB) and how a vector comes about
(`encoders`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import polars as pl

from influence_assets.assets.content import text_embeddings_recipe
from influence_assets.encoders.text import load_text_encoder, text_encoder_id
from influence_assets.errors import UserError
from influence_assets.settings import Settings
from influence_assets.storage import sql, versions
from influence_assets.storage.vectors import encoder_in, nearest
from influence_assets.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from numpy.typing import NDArray

Among = Literal["texts", "images"]

TABLES = {"texts": "content.text_embeddings", "images": "content.image_embeddings"}


@dataclass(frozen=True)
class Query:
    """What is looked for, and where.

    Attributes:
        text: words, or empty.
        image: a picture, or None. With words too it is the mean of both that is looked for.
        among: texts of posts, or their pictures.
        platform, since, until, community: only posts of it; of that day or later; of that day or
            earlier; of profiles that are in it in the last week. Empty or None: any.
        k: texts or pictures at most.
    """

    text: str = ""
    image: Path | None = None
    among: Among = "texts"
    platform: str = ""
    since: date | None = None
    until: date | None = None
    community: str = ""
    k: int = 20


class TextSide(Protocol):
    """An encoder of texts, as `encoders.text` loads it."""

    @property
    def encoder_id(self) -> str:
        """Of the vectors of texts."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one row a text."""


class ImageSide(Protocol):
    """An encoder of pictures and of words in one space, as `encoders.image` loads it."""

    @property
    def encoder_id(self) -> str:
        """Of the vectors of pictures."""

    def encode_images(self, paths: Sequence[Path]) -> NDArray[np.float32]:
        """Unit vectors, one row a picture."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors in the space of the pictures, one row a text."""


def search(
    settings: Settings,
    query: Query,
    text_encoder: TextSide | None = None,
    image_encoder: ImageSide | None = None,
) -> dict[str, Any]:
    """The nearest texts or pictures, each with its newest post.

    Args:
        settings: where the warehouse is, and which encoders are chosen.
        query: what is looked for.
        text_encoder, image_encoder: by default those of the settings are loaded.

    Returns:
        in, encoder, is_up_to_date (no post came in since texts were last encoded; None for
        pictures) and hits, the nearest first: score (cosine), posts (that have the text or show
        the picture, of those that pass), platform, profile_id, post_id, posted_at, text, url,
        content_hash, and media_path of a picture.

    Raises:
        UserError: nothing is asked for, nothing can be compared, or a filter names what is not
            there.
    """
    warehouse = Warehouse(settings.warehouse, settings.lock_wait_s)
    _check(warehouse, query)
    table = TABLES[query.among]
    held = encoder_in(warehouse, table)
    if held is None:
        raise UserError(
            f"None of the {query.among} of posts has a vector yet. Run `influence build --select "
            f"'key:\"{table.replace('.', '/')}\"+'` after posts have come in."
        )
    if query.among == "texts":
        vector = _of_text(settings, query, held, text_encoder)
    else:
        vector = _of_picture(settings, query, held, image_encoder)
    found = nearest(warehouse, table, f"content.search_{query.among}", vector, _filters(query))
    return {
        "in": query.among,
        "encoder": held,
        "is_up_to_date": _is_up_to_date(warehouse, settings) if query.among == "texts" else None,
        "hits": found.to_dicts(),
    }


def _check(warehouse: Warehouse, query: Query) -> None:
    if not query.text.strip() and query.image is None:
        raise UserError('Say what to look for: `influence search "words"`, or --image FILE.')
    if query.image is not None and query.among == "texts":
        raise UserError(
            "A picture cannot be compared with the vectors of texts. Leave out --in texts, or "
            "--image."
        )
    if query.image is not None and not query.image.is_file():
        raise UserError(f"There is no file {query.image}.")
    if query.since and query.until and query.until < query.since:
        raise UserError(f"--until {query.until} is before --since {query.since}.")
    known = list(_read(warehouse, "spread.platforms")["platform"])
    if query.platform and query.platform not in known:
        raise UserError(
            f"There are no posts of the platform '{query.platform}'. There are posts of: "
            f"{', '.join(known) or 'none'}."
        )
    members = "content.search_members"
    if query.community and _read(warehouse, members, community=query.community).is_empty():
        raise UserError(
            f"No profile is in the community '{query.community}' in the last week. `influence sql "
            '"SELECT DISTINCT community_id FROM graph.communities_weekly"` lists those there were.'
        )


def _of_text(
    settings: Settings, query: Query, held: str, encoder: TextSide | None
) -> NDArray[np.float32]:
    chosen = (settings.text_encoder, settings.encoders)
    # Before a model is loaded, which takes a while.
    _check_encoder(held, encoder.encoder_id if encoder else text_encoder_id(*chosen), "text")
    encoder = encoder or load_text_encoder(*chosen, settings.device)
    return encoder.encode([query.text]).ravel()


def _of_picture(
    settings: Settings, query: Query, held: str, encoder: ImageSide | None
) -> NDArray[np.float32]:
    if encoder is None:
        from influence_assets.encoders.image import load_image_encoder

        encoder = load_image_encoder(settings.image_encoder, settings.encoders, settings.device)
    _check_encoder(held, encoder.encoder_id, "image")
    parts = []
    if query.image is not None:
        parts.append(encoder.encode_images([query.image]).ravel())
    if query.text.strip():
        parts.append(encoder.encode_texts([query.text]).ravel())
    # The cosine does not see how long the mean is.
    return np.asarray(np.mean(parts, axis=0), dtype=np.float32)


def _check_encoder(held: str, chosen: str, side: str) -> None:
    if held != chosen:
        raise UserError(
            f"The vectors in the warehouse are of the {side} encoder {held}, and the chosen one "
            f"is {chosen}: they cannot be compared. Run `influence build --select group:content` "
            f"to encode anew, or choose the other one with INFLUENCE_{side.upper()}_ENCODER."
        )


def _filters(query: Query) -> dict[str, Any]:
    return {
        "platform": query.platform or None,
        "since": query.since,
        "until": query.until,
        "community": query.community or None,
        "k": query.k,
    }


def _is_up_to_date(warehouse: Warehouse, settings: Settings) -> bool:
    with warehouse.connect(read_only=True) as connection:
        return not versions.stale(connection, text_embeddings_recipe(settings))


def _read(warehouse: Warehouse, name: str, **parameters: str) -> pl.DataFrame:
    # Who only looks makes no warehouse, and keeps nobody else from looking.
    with warehouse.connect(read_only=True) as connection:
        return connection.execute(sql.select(name), parameters).pl()
