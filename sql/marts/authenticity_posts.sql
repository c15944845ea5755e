-- A row is a post as it was known at the end of a week: published in the $window_days up to there,
-- with the latest engagement that had been read by then, NULL if there was none.
WITH weeks AS (
    SELECT CAST(unnest(generate_series(CAST($first_day AS DATE), CAST($last_day AS DATE), INTERVAL 7 DAY)) AS DATE)
        AS week_start
),
counts AS (
    SELECT
        platform,
        post_id,
        observed_at,
        coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0) + coalesce(saves, 0) AS engagement
    FROM core.post_metrics
    WHERE coalesce(likes, comments, shares, saves) IS NOT NULL
      AND observed_date <= CAST($last_day AS DATE) + 6
)
SELECT
    w.week_start,
    p.platform,
    p.profile_id,
    p.posted_date AS day,
    CAST(arg_max(c.engagement, c.observed_at) AS DOUBLE) AS engagement,
    -- Younger counts are still growing.
    coalesce(max(c.observed_at) >= p.posted_at + INTERVAL 1 HOUR * $settled_hours, false) AS is_settled
FROM weeks AS w
JOIN core.posts AS p
    ON p.posted_date BETWEEN w.week_start + 7 - $window_days AND w.week_start + 6 AND p.is_posted_at_known
LEFT JOIN counts AS c
    ON c.platform = p.platform AND c.post_id = p.post_id AND c.observed_at < w.week_start + 7
GROUP BY w.week_start, p.platform, p.profile_id, p.post_id, p.posted_date, p.posted_at
