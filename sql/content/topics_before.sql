-- A row is a text of a topic before a week: of the last week that has topics, or (is_ended) of one
-- that this no longer had, in the last week that did. What ended more than a year earlier is
-- forgotten.
WITH earlier AS (
    SELECT
        topic_id, week_start, members,
        max(week_start) OVER () AS last_week,
        max(week_start) OVER (PARTITION BY topic_id) AS ended_after
    FROM content.topics_weekly
    WHERE week_start < CAST($week_start AS DATE)
)
SELECT topic_id, unnest(members) AS text_key, week_start < last_week AS is_ended
FROM earlier
WHERE week_start = ended_after AND week_start >= last_week - 53 * 7
ORDER BY topic_id, text_key
