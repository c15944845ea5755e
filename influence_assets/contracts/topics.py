"""Contracts of discovered topics: what they are, whose posts have them, which rise, who talks."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column, week_column


def _topic() -> dy.String:
    return dy.String(
        min_length=1, description="Week in which the topic was first found and its first text then."
    )


@table("content.topics_weekly", ("week_start", "topic_id"), "week_start", "week")
class TopicsWeekly(dy.Schema):
    """A row is a topic of the texts of the 13 weeks up to the end of a week with posts.

    Topics are found, not given: see docs/content.md.
    """

    week_start = week_column()
    topic_id = _topic()
    label = dy.String(min_length=1, description="The first words that tell it from the others.")
    words = dy.List(dy.String(), description="Such words, the most telling first, twelve.")
    texts = dy.Int64(min=1, description="Distinct texts of the 13 weeks.")
    posts = dy.Int64(min=0, description="Posts of the week itself.")
    profiles = dy.Int64(min=0, description="Profiles that posted these.")
    platforms = dy.List(dy.String(), description="Platforms of the posts of the 13 weeks.")
    share = dy.Float64(min=0, max=1, description="Share of the week's posts that have a text.")
    examples = dy.List(
        dy.String(),
        description="content_hash of the texts nearest to its middle, of five profiles if it has "
        "so many.",
    )
    stability = dy.Float64(
        min=-1,
        max=1,
        description="Mean adjusted Rand index between runs of Leiden; the same in all rows of a "
        "week.",
    )
    centroid = dy.List(dy.Float32(), description="Its middle: a unit vector.")
    members = dy.List(
        dy.Int64(), description="Its texts, each the first 60 bits of its content_hash."
    )
    confidences = dy.List(
        dy.Float32(), description="Share of each text's ties that lie in the topic."
    )


@table("content.post_topics_weekly", ("week_start", "platform", "post_id"), "week_start", "week")
class PostTopicsWeekly(dy.Schema):
    """A row is a post with a text, and the discovered topic that it had as of its own week."""

    week_start = dy.Date(description="Monday of the week of posted_date: the partition.")
    platform = platform_column()
    post_id = dy.String(min_length=1, description="Id of the post on its platform.")
    topic_id = dy.String(nullable=True, min_length=1, description="The topic; NULL: none.")
    confidence = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Share of the text's ties to its nearest texts that lie in the topic.",
    )


@table("marts.topics_rising_weekly", ("week_start", "topic_id"), "week_start", "week")
class TopicsRisingWeekly(dy.Schema):
    """A row is a topic's week with posts of known time: how unusual it is, how it does, whose it
    is. Expectations are by the rate of the eight weeks before."""

    week_start = week_column()
    topic_id = _topic()
    label = dy.String(min_length=1, description="As in content.topics_weekly.")
    posts = dy.Int64(min=1, description="Posts of the week.")
    profiles = dy.Int64(min=1, description="Profiles that posted them.")
    expected_posts = dy.Float64(
        nullable=True, min=0, description="Posts to be expected. NULL: no weeks before."
    )
    expected_profiles = dy.Float64(
        nullable=True, min=0, description="Profiles to be expected. NULL as above."
    )
    burst_score = dy.Float64(
        nullable=True,
        min=0,
        description="Minus the decimal logarithm of the chance of as many profiles or more.",
    )
    false_discovery_rate = dy.Float64(
        nullable=True, min=0, max=1, description="Over all topics of the week."
    )
    burst_level = dy.Int64(
        min=0, description="How often the expected profiles were doubled, if significant."
    )
    is_rising = dy.Bool(description="Significant, doubled, and of three profiles or more.")
    posts_measured = dy.Int64(min=0, description="Posts of the week whose counts were read.")
    engagement_per_post = dy.Float64(
        nullable=True, min=0, description="Mean of likes, comments, shares and saves, last read."
    )
    usual_engagement_per_post = dy.Float64(
        nullable=True,
        min=0,
        description="Mean over the posts of the median of their author's posts of 13 weeks.",
    )
    engagement_ratio = dy.Float64(
        nullable=True,
        min=0,
        description="Geometric mean of each post's engagement by that usual one, both plus 1.",
    )
    community_platforms = dy.List(
        dy.String(), description="Platforms of the communities in the next column."
    )
    community_ids = dy.List(
        dy.String(), description="Communities with the most of the posts, the first first, five."
    )
    community_posts = dy.List(dy.Int64(), description="Posts of each of these.")


@table(
    "marts.community_content_weekly",
    ("week_start", "platform", "community_id"),
    "week_start",
    "week",
)
class CommunityContentWeekly(dy.Schema):
    """A row is a community's week with posts: what its members talk about, and how it feels."""

    week_start = week_column()
    platform = platform_column()
    community_id = dy.String(min_length=1, description="As in graph.communities_weekly.")
    posts = dy.Int64(min=1, description="Posts of its members in the week.")
    posts_with_topic = dy.Int64(min=0, description="Those that have a discovered topic.")
    topic_ids = dy.List(dy.String(), description="The commonest topics, the first first, five.")
    topic_labels = dy.List(dy.String(), description="Their labels.")
    topic_shares = dy.List(dy.Float64(), description="Share of the posts that have each.")
    posts_with_sentiment = dy.Int64(min=0, description="Posts whose sentiment is known.")
    sentiment_mean = dy.Float64(
        nullable=True, min=-1, max=1, description="Mean sentiment. NULL: none is known."
    )
    positive_share = dy.Float64(
        nullable=True, min=0, max=1, description="Share labelled positive, of those known."
    )
    negative_share = dy.Float64(
        nullable=True, min=0, max=1, description="Share labelled negative, of those known."
    )
