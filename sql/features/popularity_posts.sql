-- A row is a post of a platform with its outcome: the latest known value of the count $target,
-- NULL if it was never observed. Engagement is the sum of the counts that are known. Posts whose
-- time of publication is not known are left out.
WITH counts AS (
    SELECT
        post_id,
        observed_at,
        CASE $target
            WHEN 'likes' THEN likes
            WHEN 'comments' THEN comments
            WHEN 'shares' THEN shares
            WHEN 'saves' THEN saves
            WHEN 'views' THEN views
            WHEN 'engagement' THEN
                CASE WHEN coalesce(likes, comments, shares, saves) IS NOT NULL
                THEN coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0) + coalesce(saves, 0)
                END
        END AS outcome
    FROM core.post_metrics
    WHERE platform = $platform
),
latest AS (
    -- arg_max passes over observations that do not know the count.
    SELECT post_id, arg_max(outcome, observed_at) AS outcome FROM counts GROUP BY post_id
),
addressed AS (
    -- Whom a post speaks to is known when it is published: replies and mentions alike.
    SELECT post_id, list(DISTINCT target_id ORDER BY target_id) AS targets
    FROM core.interactions
    WHERE platform = $platform AND kind IN ('mention', 'reply', 'tag', 'collab') AND post_id IS NOT NULL
    GROUP BY post_id
)
SELECT
    p.platform,
    p.profile_id,
    p.post_id,
    p.posted_at,
    p.kind,
    p.text,
    sha256(p.text) AS content_hash,
    p.hashtags,
    list_sort(list_distinct(list_concat(coalesce(p.mentions, []), coalesce(a.targets, [])))) AS mentions,
    p.media_count,
    CAST(l.outcome AS DOUBLE) AS outcome
FROM core.posts AS p
LEFT JOIN latest AS l USING (post_id)
LEFT JOIN addressed AS a USING (post_id)
-- A post whose time is only a bound says nothing of what was known when it was published.
WHERE p.platform = $platform AND p.is_posted_at_known
ORDER BY p.posted_at, p.post_id
