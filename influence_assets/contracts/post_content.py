"""Contract of what each post says and shows."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column, profile_column


def _count(description: str) -> dy.Int64:
    return dy.Int64(nullable=True, min=0, description=description)


def _measure(description: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=0, description=description)


def _cosine(description: str) -> dy.Float64:
    return dy.Float64(nullable=True, min=-1.001, max=1.001, description=description)


def _said(description: str) -> dy.String:
    return dy.String(nullable=True, description=description)


def _names(description: str) -> dy.List:
    return dy.List(dy.String(), description=description)


@table("content.post_content", ("platform", "post_id"), "posted_date", "day")
class PostContent(dy.Schema):
    """A row is a post: what its text says and how it is written, and what its pictures show.

    What is of a text is told in full in content.texts, what is of a picture in content.images.
    Columns of a text are NULL of a post without one, those of pictures of a post without one
    that could be read.
    """

    posted_date = dy.Date(description="Day of the post, UTC: the partition.")
    platform = platform_column()
    post_id = dy.String(min_length=1, description="Id of the post on its platform.")
    profile_id = profile_column()
    content_hash = _said("SHA-256 of the text, UTF-8; NULL where it is blank.")
    language = _said("As the platform states it, else as detected from the text (ISO 639-1).")
    sentiment = dy.Float64(
        nullable=True, min=-1, max=1, description="From -1, negative, to 1, positive."
    )
    sentiment_label = _said("negative, neutral or positive.")
    emotion = _said("The most probable label of the classifier of emotions, where one is chosen.")
    topics = _names("Topics of the fixed taxonomy, the likeliest first; up to three.")
    topic_id = _said("The discovered topic as of the post's own week (content.topics_weekly).")
    topic_label = _said("Its name in that week.")
    words = _count("Words of the text.")
    sentences = _count("Sentences of the text.")
    lix = _measure("Readability (Björnsson 1968): higher is harder.")
    questions = _count("Sentences that end in a question mark.")
    exclamations = _count("Sentences that end in an exclamation mark.")
    calls_to_action = _names("What the text asks its reader for, such as follow or link_in_bio.")
    mentions = _count("Handles in the text.")
    links = _count("Web addresses in the text.")
    emoji = _count("Emoji in the text.")
    hashtags = _count("Hashtags of the post, those kept apart from its text included.")
    hashtag_profiles_most = _count(
        "Profiles of the platform that used its most used hashtag in the 13 weeks before its day."
    )
    hashtag_profiles_median = _measure("The same of the middle one of its hashtags.")
    pictures_read = dy.Int64(min=0, description="Distinct stored pictures that could be decoded.")
    pictures_refused = dy.Int64(min=0, description="Those that could not.")
    image_tags = _names("Tags of its pictures, the surest first.")
    text_image_agreement = _cosine("Cosine of the text with the nearest of its pictures.")
    text_image_agreement_mean = _cosine("Mean cosine with all of its pictures.")
    brightness = _measure("Mean relative luminance, 0 (black) to 1 (white).")
    contrast = _measure("Standard deviation of the relative luminance.")
    colourfulness = _measure("Hasler and Süsstrunk's measure: 0 grey, 45 average, 82 high.")
    text_area_share = _measure("Share of the picture under lines of print.")
    faces_most = _count("Faces that look into the camera, in the picture with the most.")
