-- A row is a topic that the last week with topics before a week no longer had, with its middle. What
-- ended more than a year earlier is forgotten. Where nothing was posted for longer than
-- $memory_weeks weeks all have ended.
WITH earlier AS (
    SELECT topic_id, week_start, centroid, max(week_start) OVER () AS last_week
    FROM content.topics_weekly
    WHERE week_start < CAST($week_start AS DATE)
)
SELECT topic_id, centroid
FROM earlier
WHERE week_start >= last_week - 53 * 7
QUALIFY row_number() OVER (PARTITION BY topic_id ORDER BY week_start DESC) = 1
    AND (week_start < last_week OR last_week <= CAST($week_start AS DATE) - 7 * $memory_weeks)
ORDER BY topic_id
