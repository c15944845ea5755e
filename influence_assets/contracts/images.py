"""Contract of what is known of a stored picture without a model of what it shows."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from influence_assets.contracts.base import table

STATUSES = ("ok", "refused")


def _share(description: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=0, max=1, description=description)


@table("content.images", ("content_hash",))
class Images(dy.Schema):
    """A row is a distinct stored picture, decoded and measured once by each version of the code.

    A refused picture has a reason and nothing else. All is measured of the first frame, upright,
    on white, shrunk to at most 512 pixels a side.
    """

    content_hash = dy.String(
        min_length=64, max_length=64, description="core.media.media_id: SHA-256 of the bytes."
    )
    measures_id = dy.String(min_length=1, description="Fingerprint of the code that measured it.")
    status = dy.String(description="ok, or refused: it could not be decoded.")
    reason = dy.String(
        nullable=True,
        min_length=1,
        description="The rule that a refused picture breaks, such as truncated, too_many_pixels, "
        "undecodable, too_slow, or gone: tried again in the next build. NULL if ok.",
    )
    mime_type = dy.String(nullable=True, description="Type by content, e.g. image/jpeg.")
    width_px = dy.Int64(nullable=True, min=1, description="Width as it is shown, upright.")
    height_px = dy.Int64(nullable=True, min=1, description="Height as it is shown, upright.")
    frames = dy.Int64(nullable=True, min=1, description="Frames; stored pictures have one.")
    thumbnail_path = dy.String(
        nullable=True,
        min_length=1,
        description="A JPEG of at most 256 pixels a side, under the home's media folder.",
    )
    perceptual_hash = dy.String(
        nullable=True,
        regex="^[0-9a-f]{16}$",
        description="64 bits of pHash as hexadecimal digits: copies differ in few bits.",
    )
    brightness = _share("Mean relative luminance, 0 (black) to 1 (white).")
    contrast = _share("RMS contrast: standard deviation of the relative luminance.")
    colourfulness = dy.Float64(
        nullable=True,
        min=0,
        description="Hasler and Süsstrunk's measure: 0 grey, 45 average, 82 high.",
    )
    faces = dy.Int64(
        nullable=True,
        min=0,
        description="Faces that look into the camera: a count and nothing else, not certain.",
    )
    text_area_share = _share("Share of the picture under lines of print; misses much on photos.")

    @dy.rule()
    def status_is_known(cls) -> pl.Expr:
        return cls.status.col.is_in(STATUSES)

    @dy.rule()
    def only_what_is_refused_has_a_reason(cls) -> pl.Expr:
        return (cls.status.col == "refused") == cls.reason.col.is_not_null()

    @dy.rule()
    def only_what_is_ok_is_measured(cls) -> pl.Expr:
        return (cls.status.col == "ok") == cls.perceptual_hash.col.is_not_null()
