-- A row is a hashtag's week on a platform, with what was known of it in the $weeks_before weeks
-- before, and how much was posted on the platform in both. Posts of known time only.
WITH posts AS (
    SELECT platform, post_id, profile_id, hashtags, CAST(date_trunc('week', posted_date) AS DATE) AS week_start
    FROM core.posts
    WHERE is_posted_at_known
      AND posted_date BETWEEN CAST($first_day AS DATE) - 7 * $weeks_before AND CAST($last_day AS DATE) + 6
),
volumes AS (
    SELECT platform, week_start, count(*) AS all_posts, count(DISTINCT profile_id) AS all_profiles
    FROM posts
    GROUP BY platform, week_start
),
tags AS (
    SELECT platform, week_start, hashtag, count(DISTINCT post_id) AS posts, count(DISTINCT profile_id) AS profiles
    FROM (SELECT platform, week_start, post_id, profile_id, unnest(hashtags) AS hashtag FROM posts)
    WHERE hashtag <> ''
    GROUP BY platform, week_start, hashtag
),
known AS (
    SELECT v.platform, v.week_start, count(DISTINCT t.hashtag) AS hashtags_known
    FROM volumes AS v
    JOIN tags AS t
        ON t.platform = v.platform AND t.week_start BETWEEN v.week_start - 7 * $weeks_before AND v.week_start
    GROUP BY v.platform, v.week_start
)
SELECT
    t.platform,
    t.week_start,
    t.hashtag,
    t.posts,
    t.profiles,
    CAST(coalesce(sum(b.posts), 0) AS BIGINT) AS posts_before,
    CAST(coalesce(sum(b.profiles), 0) AS BIGINT) AS profiles_before,
    any_value(v.all_posts) AS all_posts,
    any_value(v.all_profiles) AS all_profiles,
    any_value(w.all_posts_before) AS all_posts_before,
    any_value(w.all_profiles_before) AS all_profiles_before,
    any_value(k.hashtags_known) AS hashtags_known
FROM tags AS t
JOIN volumes AS v USING (platform, week_start)
JOIN known AS k USING (platform, week_start)
JOIN (
    SELECT
        v.platform,
        v.week_start,
        CAST(coalesce(sum(b.all_posts), 0) AS BIGINT) AS all_posts_before,
        CAST(coalesce(sum(b.all_profiles), 0) AS BIGINT) AS all_profiles_before
    FROM volumes AS v
    LEFT JOIN volumes AS b
        ON b.platform = v.platform AND b.week_start BETWEEN v.week_start - 7 * $weeks_before AND v.week_start - 7
    GROUP BY v.platform, v.week_start
) AS w USING (platform, week_start)
LEFT JOIN tags AS b
    ON b.platform = t.platform AND b.hashtag = t.hashtag
    AND b.week_start BETWEEN t.week_start - 7 * $weeks_before AND t.week_start - 7
WHERE t.week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
GROUP BY t.platform, t.week_start, t.hashtag, t.posts, t.profiles
ORDER BY t.platform, t.week_start, t.hashtag
