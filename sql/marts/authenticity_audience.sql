-- A row is a profile as it was known at the end of a week, by its last reading in the $window_days
-- up to there: its followers, and the engagement per post that the source states, if any.
WITH weeks AS (
    SELECT CAST(unnest(generate_series(CAST($first_day AS DATE), CAST($last_day AS DATE), INTERVAL 7 DAY)) AS DATE)
        AS week_start
)
SELECT
    w.week_start,
    s.platform,
    s.profile_id,
    arg_max(s.followers, s.observed_at) AS followers,
    arg_max(
        coalesce(s.engagement_per_post, s.likes_per_post + coalesce(s.comments_per_post, 0) + coalesce(s.shares_per_post, 0)),
        s.observed_at
    ) AS engagement_per_post
FROM weeks AS w
JOIN core.profile_snapshots AS s
    ON s.observed_date BETWEEN w.week_start + 7 - $window_days AND w.week_start + 6
WHERE s.followers IS NOT NULL
GROUP BY w.week_start, s.platform, s.profile_id
ORDER BY w.week_start, s.platform, s.profile_id
