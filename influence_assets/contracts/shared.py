"""Columns that the raw and the core form of a table have in common.

Belongs here: one schema per kind of record that a source can feed. The raw
contracts add where a row came from; the core contracts add what is derived.
Counts are never negative (but for `raw.post_metrics`), times are UTC, and what is unknown is
NULL. `is_…_known` tells a stated time from one that is only a bound: not later than that.
"""

from __future__ import annotations

from datetime import datetime

import dataframely as dy
import polars as pl

EARLIEST_PLAUSIBLE = datetime(1995, 1, 1)
"""No social platform is older: an earlier time is a default value or a fault."""

INTERACTION_KINDS = ("follow", "mention", "tag", "reply", "repost", "comment", "collab", "group")


def _text(description: str, *, nullable: bool = False) -> dy.String:
    return dy.String(nullable=nullable, min_length=None if nullable else 1, description=description)


def _count(description: str) -> dy.Int64:
    return dy.Int64(nullable=True, min=0, description=description)


def _average(description: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=0, description=description)


def _is_known(time: str, otherwise: str) -> dy.Bool:
    return dy.Bool(description=f"{time} is stated; if not, it is a bound: {otherwise}.")


def _platform() -> dy.String:
    return _text("Platform name in lower case, e.g. instagram, twitter, youtube.")


class Post(dy.Schema):
    """A post as its author published it."""

    platform = _platform()
    post_id = _text("Id of the post on its platform, always text.")
    profile_id = _text("Id or handle of the author on the platform.")
    posted_at = dy.Datetime(description="When the post was published, UTC.")
    is_posted_at_known = _is_known("posted_at", "the post is not younger than that")
    posted_date = dy.Date(description="Day of posted_at, UTC: the partition.")
    kind = _text("image, video, carousel, text, reply, stream, …", nullable=True)
    text = dy.String(nullable=True, description="Caption, title or body; NULL if unknown.")
    hashtags = dy.List(dy.String(), nullable=True, description="Hashtags, lower case, without #.")
    mentions = dy.List(dy.String(), nullable=True, description="Handles named in the text.")
    tagged_profile_ids = dy.List(
        dy.String(), nullable=True, description="Profiles tagged in the media."
    )
    language = _text("ISO 639-1 code, if the source says it.", nullable=True)
    category = _text("Subject given by the platform or the author.", nullable=True)
    media_count = _count("Number of images and videos.")
    duration_s = _average("Length of the video or sound, in seconds.")
    is_sponsored = dy.Bool(nullable=True, description="Marked as paid partnership.")
    url = _text("Public address.", nullable=True)

    @dy.rule()
    def posted_at_is_plausible(cls) -> pl.Expr:
        return cls.posted_at.col >= EARLIEST_PLAUSIBLE


class PostMetric(dy.Schema):
    """One observation of a post's counts."""

    platform = _platform()
    post_id = _text("Id of the observed post.")
    observed_at = dy.Datetime(description="When the counts were read, UTC.")
    is_observed_at_known = _is_known("observed_at", "the counts were read then or earlier")
    observed_date = dy.Date(description="Day of observed_at, UTC: the partition.")
    views = _count("Views, plays or impressions of the post so far.")
    likes = _count("Likes, favourites or reactions so far.")
    comments = _count("Comments or replies so far.")
    shares = _count("Shares, reposts or retweets so far.")
    saves = _count("Saves or bookmarks so far.")
    popularity_score = dy.Float64(
        nullable=True, description="Score that a challenge or a tool gives the post."
    )

    @dy.rule()
    def observed_at_is_plausible(cls) -> pl.Expr:
        return cls.observed_at.col >= EARLIEST_PLAUSIBLE

    @dy.rule()
    def some_count_is_known(cls) -> pl.Expr:
        counts = (cls.views, cls.likes, cls.comments, cls.shares, cls.saves, cls.popularity_score)
        return pl.any_horizontal(c.col.is_not_null() for c in counts)


class ProfileSnapshot(dy.Schema):
    """One observation of a profile."""

    platform = _platform()
    profile_id = _text("Id or handle of the profile on the platform.")
    observed_at = dy.Datetime(description="When the profile was read, UTC.")
    is_observed_at_known = _is_known("observed_at", "the profile was read then or earlier")
    observed_date = dy.Date(description="Day of observed_at, UTC: the partition.")
    handle = _text("User name, without @.", nullable=True)
    display_name = dy.String(nullable=True, description="Name as shown.")
    category = _text("Subject given by the platform or the list.", nullable=True)
    country = _text("Country given by the source.", nullable=True)
    is_verified = dy.Bool(nullable=True, description="Carries the platform's mark.")
    followers = _count("Followers or subscribers at that time.")
    following = _count("Profiles followed at that time.")
    posts_count = _count("Posts published so far.")
    likes_total = _count("Likes of all posts so far.")
    views_per_post = _average("Views per post, as the source states it.")
    likes_per_post = _average("Likes per post, as the source states it.")
    comments_per_post = _average("Comments per post, as the source states it.")
    shares_per_post = _average("Shares per post, as the source states it.")
    engagement_per_post = _average("Interactions per post, as the source states it.")
    engagement_rate = _average("Engagement as a share, 0.0139 for 1.39 %, as stated.")
    engagement = dy.Float64(nullable=True, min=0, description="Interactions on that day.")
    reach = _count("Distinct people reached on that day.")
    impressions = _count("Times shown on that day.")

    @dy.rule()
    def observed_at_is_plausible(cls) -> pl.Expr:
        return cls.observed_at.col >= EARLIEST_PLAUSIBLE


class Interaction(dy.Schema):
    """One act or tie between two profiles, from source to target."""

    platform = _platform()
    kind = dy.String(description=f"One of {', '.join(INTERACTION_KINDS)}.")
    source_id = _text("The profile that acts: follows, mentions, replies …")
    target_id = _text("The profile that it is done to.")
    occurred_at = dy.Datetime(description="When it happened or was first seen, UTC.")
    is_occurred_at_known = _is_known("occurred_at", "it happened then or earlier")
    occurred_date = dy.Date(description="Day of occurred_at, UTC: the partition.")
    post_id = _text("The post that carries it, if any.", nullable=True)
    weight = dy.Float64(min_exclusive=0, description="Strength; 1 for a plain act.")
    delay_s = dy.Float64(
        nullable=True,
        min=0,
        description="Seconds from the start of the cascade, where the source states them.",
    )

    @dy.rule()
    def occurred_at_is_plausible(cls) -> pl.Expr:
        return cls.occurred_at.col >= EARLIEST_PLAUSIBLE

    @dy.rule()
    def kind_is_known(cls) -> pl.Expr:
        return cls.kind.col.is_in(INTERACTION_KINDS)


class Media(dy.Schema):
    """One stored image or video of a post."""

    media_id = dy.String(min_length=64, max_length=64, description="SHA-256 of the bytes.")
    platform = _platform()
    post_id = _text("The post that shows it.")
    posted_date = dy.Date(description="Day of the post, UTC: the partition.")
    position = dy.Int64(min=1, description="Place in the post, from 1.")
    mime_type = _text("Type by content, e.g. image/jpeg.")
    width_px = dy.Int64(nullable=True, min=1, description="Width in pixels; NULL for video.")
    height_px = dy.Int64(nullable=True, min=1, description="Height in pixels; NULL for video.")
    path = _text("Where the bytes lie, under the home's media folder.")
