-- A row is a topic that rose in the last four weeks with topics, by the newest week in which it did;
-- at most ten, newest first, the most unusual first.
WITH weeks AS (
    SELECT DISTINCT week_start
    FROM marts.topics_rising_weekly
    ORDER BY week_start DESC
    LIMIT 4
),
risen AS (
    SELECT *
    FROM marts.topics_rising_weekly
    SEMI JOIN weeks USING (week_start)
    WHERE is_rising
    QUALIFY row_number() OVER (PARTITION BY topic_id ORDER BY week_start DESC) = 1
)
SELECT
    topic_id, label, week_start, posts, profiles, expected_profiles, engagement_ratio,
    community_platforms, community_ids, community_posts
FROM risen
ORDER BY week_start DESC, burst_score DESC, topic_id
LIMIT 10
