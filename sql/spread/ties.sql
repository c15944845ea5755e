-- A row is a tie of $platform between two profiles that may take part in a cascade: source_id knows
-- target_id since that time, or, where it is only a bound, always (NULL). Reposts are what is to
-- be explained, so they explain nothing.
WITH active AS (
    SELECT profile_id FROM core.posts WHERE platform = $platform
    UNION
    SELECT source_id FROM core.interactions
    WHERE platform = $platform AND kind IN ('repost', 'reply', 'comment')
)
SELECT
    source_id,
    target_id,
    CASE WHEN bool_and(is_occurred_at_known) THEN min(occurred_at) END AS since
FROM core.interactions
WHERE platform = $platform AND kind <> 'repost' AND source_id <> target_id
  AND source_id IN (FROM active) AND target_id IN (FROM active)
GROUP BY source_id, target_id
