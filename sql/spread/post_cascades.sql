-- A row is a post of $platform with its cascade of reposts.
SELECT
    p.post_id,
    p.profile_id,
    CASE WHEN p.is_posted_at_known THEN p.posted_at END AS posted_at,
    c.size AS cascade_size,
    c.depth AS cascade_depth,
    c.structural_virality,
    percent_rank() OVER (ORDER BY c.size) AS spread_percentile
FROM marts.cascades AS c
JOIN core.posts AS p ON p.platform = c.platform AND p.post_id = c.item_id
WHERE c.platform = $platform AND c.kind = 'repost'
ORDER BY p.post_id
