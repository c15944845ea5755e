-- A row is a profile of a platform by the end of a week: its posts of $memory_weeks weeks, each
-- counting half $half_life_weeks weeks after it was published, as what responds to them does.
WITH weeks AS (
    SELECT CAST(unnest(generate_series(CAST($first_day AS DATE), CAST($last_day AS DATE), INTERVAL 7 DAY)) AS DATE)
        AS week_start
)
SELECT
    w.week_start,
    p.platform,
    p.profile_id,
    -- In a fixed order: sums of fractions differ in the last digit with the order.
    sum(
        power(0.5, (w.week_start + 6 - p.posted_date) / 7.0 / $half_life_weeks)
        ORDER BY p.posted_at, p.post_id
    ) AS posts
FROM weeks AS w
JOIN core.posts AS p
    ON p.is_posted_at_known AND p.posted_date BETWEEN w.week_start + 7 - 7 * $memory_weeks AND w.week_start + 6
GROUP BY w.week_start, p.platform, p.profile_id
ORDER BY w.week_start, p.platform, p.profile_id
