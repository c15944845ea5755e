-- A row is a hashtag that took off in the last four weeks of its platform, by the newest week in
-- which it did; at most ten per platform, newest first, the most unusual first.
WITH latest AS (
    SELECT platform, max(week_start) AS last_week
    FROM marts.hashtags_weekly
    GROUP BY platform
),
risen AS (
    SELECT hashtags.*
    FROM marts.hashtags_weekly AS hashtags
    JOIN latest USING (platform)
    WHERE is_taking_off AND week_start > last_week - INTERVAL 4 WEEK
    QUALIFY row_number() OVER (PARTITION BY platform, hashtag ORDER BY week_start DESC) = 1
)
SELECT
    platform,
    row_number() OVER newest AS place,
    hashtag,
    week_start,
    posts,
    profiles,
    expected_profiles,
    community_dominance
FROM risen
WINDOW newest AS (
    PARTITION BY platform ORDER BY week_start DESC, burst_score DESC, hashtag
)
QUALIFY place <= 10
ORDER BY platform, place
