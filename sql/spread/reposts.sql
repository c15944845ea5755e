-- A row is a profile's part in the cascade of reposts of a post of $platform, the author's own
-- included. A repost belongs to a post if it carries that post's id; where it carries the id of
-- a post of its own, as a quote does, nobody says what was passed on. Most platforms name the
-- author of the post as the one from whom, whatever way it took: that tells no parent. But where
-- anybody in a cascade names somebody else, its source tells parents, and the author is one.
WITH reposts AS (
    SELECT
        p.post_id,
        p.profile_id AS root_id,
        CASE WHEN p.is_posted_at_known THEN p.posted_at END AS posted_at,
        i.source_id,
        i.target_id,
        CASE WHEN i.is_occurred_at_known THEN i.occurred_at END AS occurred_at,
        i.delay_s,
        bool_or(i.target_id <> p.profile_id) OVER (PARTITION BY p.post_id) AS has_parents
    FROM core.interactions AS i
    JOIN core.posts AS p USING (platform, post_id)
    WHERE platform = $platform AND i.kind = 'repost' AND i.source_id <> p.profile_id
),
-- A post of unknown time starts with its first repost.
dated AS (
    SELECT *, coalesce(posted_at, min(occurred_at) OVER (PARTITION BY post_id)) AS started_at FROM reposts
)
SELECT
    post_id AS item_id,
    started_at,
    source_id AS profile_id,
    false AS is_root,
    occurred_at AS adopted_at,
    -- Nobody reposts before there is a post: such a time is a fault.
    CASE WHEN delay_s IS NOT NULL THEN delay_s
         WHEN occurred_at >= started_at THEN epoch(occurred_at - started_at) END AS after_s,
    CASE WHEN has_parents THEN target_id END AS parent_id
FROM dated
UNION ALL BY NAME
SELECT DISTINCT
    post_id AS item_id,
    started_at,
    root_id AS profile_id,
    true AS is_root,
    posted_at AS adopted_at,
    CAST(0 AS DOUBLE) AS after_s,
    CAST(NULL AS VARCHAR) AS parent_id
FROM dated
