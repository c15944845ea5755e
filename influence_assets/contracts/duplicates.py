"""Contract of the posts that are copies of each other."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column


@table("content.near_duplicates", ("platform", "post_id"))
class NearDuplicates(dy.Schema):
    """A row is a post that is a copy of another, or has one, on any platform: the same text,
    nearly the same, or the same pictures. A post without a row has no copy."""

    platform = platform_column()
    post_id = dy.String(min_length=1, description="Id of the post.")
    group_id = dy.String(
        min_length=1,
        description="Posts that hang together by copies have the same: platform and id of the "
        "smallest of them, such as instagram/123.",
    )
    group_size = dy.Int64(min=2, description="Posts of the group.")
    kinds = dy.List(
        dy.String(),
        min_length=1,
        description="What binds the post to others of the group: exact_text, near_text, "
        "same_image (the same file), near_image (another file of the same picture).",
    )
    is_first = dy.Bool(description="The earliest of the group, of equal times the smallest id.")
