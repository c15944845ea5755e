"""Contract of the feature layer: what was known of a post when it was published.

Belongs here: one description per feature. Does not: how it is computed (see
`domain.popularity`). Log units mean the natural logarithm of 1 + the target.
An effect is a mean of (observed - base) over past posts, pulled towards 0 where
few are known: 0 is "no evidence of a difference", NULL is "cannot be said".
"""

from __future__ import annotations

import dataframely as dy
import polars as pl

from influence_assets.contracts.base import table


def _n(description: str) -> dy.Float64:
    return dy.Float64(nullable=True, description=description)


def _text(description: str) -> dy.String:
    return dy.String(min_length=1, description=description)


@table("features.popularity", ("platform", "target", "post_id"))
class PopularityFeatures(dy.Schema):
    """A row is what was known of a post when it was published, for one target.

    An earlier post counts only if its label had matured by then. `outcome` is the
    label of the post itself and is never an input.
    """

    platform = _text("Platform name in lower case.")
    target = _text("Which count is to be predicted: likes, comments, …")
    post_id = _text("Id of the post.")
    profile_id = _text("Id or handle of the author on the platform.")
    posted_at = dy.Datetime(description="When the post was published, UTC.")
    kind = dy.String(nullable=True, description="image, video, carousel, text, …; a model input.")

    # When it is published.
    hour = _n("Hour of the day with its minutes as a fraction, UTC.")
    hour_sin = _n("Sine of the hour on the circle of a day.")
    hour_cos = _n("Cosine of the hour on the circle of a day.")
    weekday = _n("Day of the week, 1 (Monday) to 7 (Sunday), UTC.")
    weekday_sin = _n("Sine of the day on the circle of a week.")
    weekday_cos = _n("Cosine of the day on the circle of a week.")

    # How it is written. NULL text has unknown counts.
    text_length = _n("log(1 + characters of the text).")
    word_count = _n("log(1 + words of the text, split at spaces).")
    has_no_text = _n("1 if there is no text, or only spaces.")
    hashtag_count = _n("Hashtags of the post.")
    mention_count = _n("Profiles named, reply targets included.")
    mentions_self = _n("1 if the author names itself, as in a thread of own replies.")
    at_sign_count = _n("Handles (@ and a letter) within the text.")
    starts_with_mention = _n("1 if the text begins with @.")
    link_count = _n("Web addresses within the text.")
    media_link_count = _n("Addresses of pictures or videos within the text.")
    emoji_count = _n("Pictographs within the text.")
    question_mark_count = _n("Question marks within the text.")
    exclamation_mark_count = _n("Exclamation marks within the text.")
    digit_count = _n("Digits within the text.")
    line_break_count = _n("Line breaks within the text.")
    has_ellipsis = _n("1 if the text holds an ellipsis.")
    upper_case_share = _n("Capital letters / (letters + 1).")
    non_ascii_share = _n("Characters beyond ASCII / (characters + 1).")
    media_count = _n("Number of images and videos.")

    # How busy the author was. Posting times are known at once: no maturity.
    posts_last_1h = _n("log(1 + posts of the author in the hour before).")
    posts_last_6h = _n("log(1 + posts of the author in the 6 hours before).")
    posts_last_1d = _n("log(1 + posts of the author in the day before).")
    posts_last_7d = _n("log(1 + posts of the author in the 7 days before).")
    posts_last_30d = _n("log(1 + posts of the author in the 30 days before).")
    hours_since_post = _n("log(1 + hours since the author's post before).")
    hours_since_same_kind = _n("log(1 + hours since the author's post of this kind before).")
    previous_is_same_kind = _n("1 if the author's post before is of the same kind.")
    previous_shared_mentions = _n("Profiles named here and in the author's post before.")

    # What the author's matured posts reached, beside the base.
    base = _n("Level expected from author and kind, in log units; predictions start from it.")
    author_posts_known = _n("log(1 + matured posts of the author, at most 30).")
    author_kind_posts_known = _n("log(1 + matured posts of author and kind, at most 30).")
    author_history_age_days = _n("log(1 + days since the newest matured post of the author).")
    author_level_vs_base = _n("Author's level over all kinds less base, log units.")
    author_last_vs_base = _n("Author's newest matured post less base, log units.")
    author_mean_vs_base = _n("Mean of all matured posts of the author less base, log units.")
    author_mean_5_vs_base = _n("Mean of the author's last 5 less base, log units.")
    author_mean_20_vs_base = _n("Mean of the author's last 20 less base, log units.")
    author_median_20_vs_base = _n("Median of the author's last 20 less base, log units.")
    author_recent_vs_base = _n("Fading mean of the author (half-life 5 posts) less base.")
    author_q90_vs_base = _n("90 % quantile of the author's last 50 less base, log units.")
    author_q10_vs_base = _n("10 % quantile of the author's last 50 less base, log units.")
    author_sd_20 = _n("Standard deviation of the author's last 20, log units.")
    kind_mean_5_vs_base = _n("Mean of the author's last 5 of this kind less base, log units.")
    kind_mean_20_vs_base = _n("Mean of the author's last 20 of this kind less base, log units.")
    kind_median_50_vs_base = _n("Median of the author's last 50 of this kind less base.")
    kind_recent_vs_base = _n("Fading mean of author and kind (half-life 10 posts) less base.")
    kind_sd_20 = _n("Standard deviation of the author's last 20 of this kind, log units.")
    platform_median_vs_base = _n("Median of the platform's last 500 posts less base, log units.")
    platform_kind_median_vs_base = _n("The same among posts of this kind, log units.")

    # What past posts reached beyond their own base.
    author_surprise_5 = _n("Mean of (observed - base) over the author's last 5, log units.")
    author_surprise_20 = _n("Mean of (observed - base) over the author's last 20, log units.")
    author_surprise_recent = _n("Fading mean (half-life 50 posts) of the author's surprises.")
    platform_surprise_200 = _n("Mean of (observed - base) over the platform's last 200.")
    author_weekday_effect = _n("Effect of this weekday for author and kind, log units.")
    author_hour_effect = _n("Effect of these 4 hours of the day for author and kind.")
    author_length_effect = _n("Effect of texts about this long for author and kind.")
    author_link_effect = _n("Effect of (not) linking for author and kind.")
    author_mentioning_effect = _n("Effect of (not) naming anyone for author and kind.")
    author_tagging_effect = _n("Effect of this many hashtags (0, 1, 2, 3+) for author and kind.")
    platform_weekday_effect = _n("Effect of this weekday for this kind on the platform.")
    platform_length_effect = _n("Effect of texts about this long for this kind on the platform.")
    platform_mentioning_effect = _n("Effect of (not) naming anyone for this kind.")
    platform_tagging_effect = _n("Effect of this many hashtags for this kind on the platform.")

    # The same per mention, hashtag and word of the post, put together.
    author_mention_effect_sum = _n("Sum over the mentions of their effects for the author.")
    author_mention_effect_mean = _n("Mean over the mentions of their effects for the author.")
    author_mention_uses = _n("log(1 + matured uses by the author of the most used mention).")
    platform_mention_effect_sum = _n("Sum over the mentions of their effects for anyone.")
    platform_mention_effect_mean = _n("Mean over the mentions of their effects for anyone.")
    platform_mention_uses = _n("log(1 + matured uses by anyone of the most used mention).")
    platform_mention_level_sum = _n("Sum of the mentions' levels less the platform's median.")
    platform_mention_level_mean = _n("Mean of the mentions' levels less the platform's median.")
    author_hashtag_effect_sum = _n("Sum over the hashtags of their effects for the author.")
    author_hashtag_effect_mean = _n("Mean over the hashtags of their effects for the author.")
    author_hashtag_uses = _n("log(1 + matured uses by the author of the most used hashtag).")
    platform_hashtag_effect_sum = _n("Sum over the hashtags of their effects for anyone.")
    platform_hashtag_effect_mean = _n("Mean over the hashtags of their effects for anyone.")
    platform_hashtag_uses = _n("log(1 + matured uses by anyone of the most used hashtag).")
    platform_hashtag_level_sum = _n("Sum of the hashtags' levels less the platform's median.")
    platform_hashtag_level_mean = _n("Mean of the hashtags' levels less the platform's median.")
    author_word_effect_sum = _n("Sum over the words of their effects for the author.")
    author_word_effect_mean = _n("Mean over the words of their effects for the author.")
    author_word_uses = _n("log(1 + matured uses by the author of the most used word).")
    platform_word_effect_sum = _n("Sum over the words of their effects for anyone.")
    platform_word_effect_mean = _n("Mean over the words of their effects for anyone.")
    platform_word_uses = _n("log(1 + matured uses by anyone of the most used word).")
    platform_word_level_sum = _n("Sum of the words' levels less the platform's median.")
    platform_word_level_mean = _n("Mean of the words' levels less the platform's median.")

    # The same among posts of similar meaning. NULL without text embeddings.
    similar_author_effect = _n("Effect among the author's posts of similar text, log units.")
    similar_author_cosine = _n("Largest cosine with a matured post of the author, at least 0.")
    similar_platform_effect = _n("Effect among the platform's posts of similar text, log units.")
    similar_platform_level = _n("Level of similar posts less the platform's median, log units.")
    similar_platform_cosine = _n("Largest cosine with a matured post of anyone, at least 0.")

    # The author's place in the graph at the end of the week before; NULL without a tie in it.
    in_degree = _n("Profiles with a tie to the author, as of the week before.")
    out_degree = _n("Profiles that the author has a tie to, as of the week before.")
    in_strength = _n("Weight of the ties to the author, as of the week before.")
    out_strength = _n("Weight of the ties from the author, as of the week before.")
    pagerank = _n("PageRank of the author, as of the week before.")
    betweenness = _n("Betweenness of the author, as of the week before.")
    core_number = _n("Core number of the author, as of the week before.")
    community_size = _n("Members of the author's community, as of the week before.")

    history_available_at = dy.Datetime(
        nullable=True,
        description="When the newest label used became known, UTC; never after posted_at.",
    )
    graph_available_at = dy.Datetime(
        nullable=True, description="When the week of the graph ended, UTC; never after posted_at."
    )
    outcome = dy.Float64(
        nullable=True, min=0, description="The count that was reached; NULL if not known yet."
    )

    @dy.rule()
    def history_is_past(cls) -> pl.Expr:
        """No label is used before it is known."""
        return cls.history_available_at.col <= cls.posted_at.col

    @dy.rule()
    def graph_is_past(cls) -> pl.Expr:
        """No week of the graph is used before it has ended."""
        return cls.graph_available_at.col <= cls.posted_at.col


GRAPH_COLUMNS: tuple[str, ...] = (
    "in_degree",
    "out_degree",
    "in_strength",
    "out_strength",
    "pagerank",
    "betweenness",
    "core_number",
    "community_size",
)
"""Columns of the graph frame that become features as they are."""

_NOT_FEATURES = {
    "platform",
    "target",
    "post_id",
    "profile_id",
    "posted_at",
    "kind",
    "history_available_at",
    "graph_available_at",
    "outcome",
}

FEATURE_COLUMNS: tuple[str, ...] = tuple(
    name for name in PopularityFeatures.columns() if name not in _NOT_FEATURES
)
"""Numeric model inputs, in contract order. `kind` is an input too, and the text embedding."""
