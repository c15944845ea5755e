-- A row is one of the three largest cascades of each kind per platform, with the text of the post
-- that it began with, where that is known.
WITH top AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY platform, kind ORDER BY size DESC, started_at DESC NULLS LAST, item_id
        ) AS place
    FROM marts.cascades
    QUALIFY place <= 3
),
-- Nearly the same texts are named by a hash: what began them is the root's post of that time.
begun AS (
    SELECT
        top.platform, top.kind, top.place,
        arg_min(left(posts.text, 280), posts.post_id) AS text,
        arg_min(posts.url, posts.post_id) AS url
    FROM top
    JOIN core.posts AS posts
        ON posts.platform = top.platform AND posts.profile_id = top.root_id
        AND CASE top.kind
            WHEN 'text' THEN posts.posted_at = top.started_at
            ELSE posts.post_id = top.item_id
        END
    WHERE top.kind <> 'hashtag'
    GROUP BY top.platform, top.kind, top.place
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN top ON top.platform = profile_snapshots.platform AND top.root_id = profile_id
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
)
SELECT
    top.platform,
    top.kind AS cascade_kind,
    top.place,
    top.item_id,
    top.root_id,
    names.handle,
    begun.text,
    begun.url,
    top.started_at,
    top.size,
    top.depth,
    top.structural_virality
FROM top
LEFT JOIN begun USING (platform, kind, place)
LEFT JOIN names ON names.platform = top.platform AND names.profile_id = top.root_id
ORDER BY top.platform, list_position(['repost', 'reply', 'text', 'hashtag'], top.kind), top.place
