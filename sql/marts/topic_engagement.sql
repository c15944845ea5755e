-- A row is a topic's week with posts that were read: their engagement as last read, and what is
-- usual for their authors: the median of each one's posts of the $memory_weeks weeks up to its end.
WITH posts AS (
    SELECT
        platform, post_id, profile_id, posted_date,
        CAST(date_trunc('week', posted_date) AS DATE) AS week_start
    FROM core.posts
    WHERE is_posted_at_known
        AND posted_date BETWEEN CAST($first_day AS DATE) + 7 - 7 * $memory_weeks
        AND CAST($last_day AS DATE) + 6
),
readings AS (
    SELECT
        p.*,
        r.engagement
    FROM posts AS p
    JOIN (
        SELECT
            platform, post_id,
            arg_max(
                coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0)
                    + coalesce(saves, 0),
                observed_at
            ) AS engagement
        FROM core.post_metrics
        WHERE coalesce(likes, comments, shares, saves) IS NOT NULL
        GROUP BY platform, post_id
    ) AS r USING (platform, post_id)
),
usual AS (
    SELECT w.week_start, r.platform, r.profile_id, median(r.engagement) AS engagement
    FROM (
        SELECT DISTINCT week_start
        FROM posts
        WHERE week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
    ) AS w
    JOIN readings AS r
        ON r.posted_date BETWEEN w.week_start + 7 - 7 * $memory_weeks AND w.week_start + 6
    GROUP BY w.week_start, r.platform, r.profile_id
)
SELECT
    t.week_start,
    t.topic_id,
    count(*) AS posts_measured,
    avg(CAST(r.engagement AS DOUBLE) ORDER BY r.engagement) AS engagement_per_post,
    avg(u.engagement ORDER BY u.engagement) AS usual_engagement_per_post,
    -- In a fixed order: sums of fractions differ in the last digit with the order.
    exp(avg(
        ln((r.engagement + 1) / (u.engagement + 1)) ORDER BY r.engagement, u.engagement
    )) AS engagement_ratio
FROM content.post_topics_weekly AS t
JOIN readings AS r USING (week_start, platform, post_id)
JOIN usual AS u USING (week_start, platform, profile_id)
WHERE t.topic_id IS NOT NULL
    AND t.week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
GROUP BY t.week_start, t.topic_id
ORDER BY t.week_start, t.topic_id
