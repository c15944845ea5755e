-- A row is a topic's week, with the posts that it had in the $weeks_before weeks before (by the
-- topics of this week, so that one that split has a past of its own), and how much was posted in
-- both. Posts of known time with a text only.
WITH posts AS (
    SELECT
        post_id, concat_ws('/', platform, profile_id) AS profile_id,
        CAST(date_trunc('week', posted_date) AS DATE) AS week,
        CAST('0x' || substr(sha256(text), 1, 15) AS BIGINT) AS text_key
    FROM core.posts
    WHERE is_posted_at_known AND trim(text) <> ''
        AND posted_date BETWEEN CAST($first_day AS DATE) - 7 * $weeks_before
        AND CAST($last_day AS DATE) + 6
),
weeks AS (
    SELECT week, count(*) AS posts, count(DISTINCT profile_id) AS profiles
    FROM posts
    GROUP BY week
),
topics AS (
    SELECT week_start, topic_id, label, unnest(members) AS text_key
    FROM content.topics_weekly
    WHERE week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
),
used AS (
    SELECT
        t.week_start, t.topic_id, any_value(t.label) AS label, p.week, count(*) AS posts,
        count(DISTINCT p.profile_id) AS profiles
    FROM topics AS t
    JOIN posts AS p
        ON p.text_key = t.text_key
        AND p.week BETWEEN t.week_start - 7 * $weeks_before AND t.week_start
    GROUP BY t.week_start, t.topic_id, p.week
),
volumes AS (
    SELECT
        w.week AS week_start,
        any_value(w.posts) AS all_posts,
        any_value(w.profiles) AS all_profiles,
        CAST(coalesce(sum(b.posts), 0) AS BIGINT) AS all_posts_before,
        CAST(coalesce(sum(b.profiles), 0) AS BIGINT) AS all_profiles_before
    FROM weeks AS w
    LEFT JOIN weeks AS b ON b.week BETWEEN w.week - 7 * $weeks_before AND w.week - 7
    GROUP BY w.week
)
SELECT
    u.week_start,
    u.topic_id,
    any_value(u.label) AS label,
    CAST(coalesce(sum(u.posts) FILTER (u.week = u.week_start), 0) AS BIGINT) AS posts,
    CAST(coalesce(sum(u.profiles) FILTER (u.week = u.week_start), 0) AS BIGINT) AS profiles,
    CAST(coalesce(sum(u.posts) FILTER (u.week < u.week_start), 0) AS BIGINT) AS posts_before,
    CAST(coalesce(sum(u.profiles) FILTER (u.week < u.week_start), 0) AS BIGINT) AS profiles_before,
    any_value(v.all_posts) AS all_posts,
    any_value(v.all_profiles) AS all_profiles,
    any_value(v.all_posts_before) AS all_posts_before,
    any_value(v.all_profiles_before) AS all_profiles_before,
    count(*) OVER (PARTITION BY u.week_start) AS topics_known
FROM used AS u
JOIN volumes AS v USING (week_start)
GROUP BY u.week_start, u.topic_id
ORDER BY u.week_start, u.topic_id
