-- A row is one of the ten posts per platform that broke out the most: by their score against what
-- their author's posts have at that age, then by how far they were passed on. An author has at
-- most two rows, so that one does not fill the list.
WITH ranked AS (
    SELECT *
    FROM marts.viral_posts
    QUALIFY
        row_number() OVER (
            PARTITION BY platform, profile_id
            ORDER BY outlier_score DESC NULLS LAST, cascade_size DESC NULLS LAST, post_id
        ) <= 2
),
top AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY platform
            ORDER BY outlier_score DESC NULLS LAST, cascade_size DESC NULLS LAST, post_id
        ) AS place
    FROM ranked
    QUALIFY place <= 10
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN top USING (platform, profile_id)
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
)
SELECT
    platform,
    top.place,
    post_id,
    top.profile_id,
    names.handle,
    top.posted_at,
    left(posts.text, 280) AS text,
    posts.url,
    top.age_hours,
    top.engagement,
    top.expected_engagement,
    top.earlier_posts,
    top.outlier_score,
    top.cascade_size
FROM top
LEFT JOIN core.posts AS posts USING (platform, post_id)
LEFT JOIN names ON names.platform = top.platform AND names.profile_id = top.profile_id
ORDER BY platform, place
