"""Small pictures of discovered topics for the metadata of assets."""

from __future__ import annotations

import numpy as np
import polars as pl

from influence_assets.reporting import pictures, style, words

_MOST_TOPICS = 10


def shares_by_week(rows: pl.DataFrame, title: str) -> bytes:
    """Shares of the commonest topics, stacked over the weeks.

    Args:
        rows: week_start, place, label and share: each topic in each week.
    """
    table = rows.pivot("week_start", index=["place", "label"], values="share").sort("place")
    weeks = rows["week_start"].unique().sort()
    with style.drawing(**pictures.PAPER):
        figure, axes = pictures.canvas(title, height=3.4, is_empty=rows.is_empty())
        if not rows.is_empty():
            shares = table.select(str(week) for week in weeks).to_numpy() * 100
            places = list(range(len(weeks)))
            if len(weeks) == 1:  # an area needs two
                shares, places = np.repeat(shares, 2, axis=1), [0, 1]
            axes.stackplot(places, shares, colors=pictures.PALETTE, labels=_names(table["label"]))
            step = max(1, -(-len(weeks) // 3))
            shown = [f"{week.day} {week:%b %Y}" for week in weeks]
            axes.set_xticks(range(0, len(weeks), step), shown[::step])
            axes.set_ylabel("% of posts")
            axes.margins(x=0)
            # As the areas lie: the lowest last.
            handles, names = axes.get_legend_handles_labels()
            figure.legend(handles[::-1], names[::-1], loc="outside right upper", fontsize=8)
            style.human_axis(axes)
        return pictures.to_png(figure)


def topics_of_communities(rows: pl.DataFrame, title: str) -> bytes:
    """A heat map: which share of the posts of the busiest communities has which topic.

    Args:
        rows: community_id, name, posts, topic_labels and topic_shares: a row a community.
    """
    busiest = rows.sort("posts", "community_id", descending=[True, False]).head(12)
    said = busiest.select(
        "community_id", "posts", label="topic_labels", share="topic_shares"
    ).explode("label", "share").drop_nulls()  # fmt: skip
    common = (
        said.group_by("label")
        .agg((pl.col("share") * pl.col("posts")).sum().alias("n"))
        .sort("n", "label", descending=[True, False])["label"]
        .head(_MOST_TOPICS)
        .to_list()
    )
    shares = np.zeros((busiest.height, len(common)))
    row = {key: i for i, key in enumerate(busiest["community_id"])}
    for key, label, share in said.select("community_id", "label", "share").iter_rows():
        if label in common:
            shares[row[key], common.index(label)] = share * 100
    with style.drawing(**pictures.PAPER):
        height = 1.9 + 0.24 * max(busiest.height, 4)
        figure, axes = pictures.canvas(title, height=height, is_empty=not common)
        if common:
            drawn = axes.imshow(shares, cmap="Blues", aspect="auto", vmin=0)
            axes.set_yticks(range(busiest.height), _names(busiest["name"]))
            axes.set_xticks(range(len(common)), _names(pl.Series(common)), rotation=35, ha="right")
            axes.grid(visible=False)
            figure.colorbar(drawn, ax=axes, label="% of posts", shrink=0.8)
        return pictures.to_png(figure)


def _names(labels: pl.Series) -> list[str]:
    """Labels without their emoji, which the font of a picture lacks."""
    kept = (
        ", ".join(part for part in label.split(", ") if any(c.isalpha() for c in part))
        for label in labels
    )
    return [words.label(label, 30) for label in kept]
