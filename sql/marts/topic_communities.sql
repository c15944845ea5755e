-- A row is a topic's week with the communities whose members wrote the most of its posts of known
-- time, by the communities of that week, or of the last week before it that has some.
WITH posts AS (
    SELECT t.week_start, t.topic_id, t.platform, p.profile_id
    FROM content.post_topics_weekly AS t
    JOIN core.posts AS p
        ON p.platform = t.platform AND p.post_id = t.post_id
        AND p.posted_date BETWEEN t.week_start AND t.week_start + 6
    WHERE t.topic_id IS NOT NULL AND p.is_posted_at_known
        AND t.week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
),
placed AS (
    SELECT w.platform, w.week_start, c.week_start AS community_week
    FROM (SELECT DISTINCT platform, week_start FROM posts) AS w
    ASOF JOIN (SELECT DISTINCT platform, week_start FROM graph.communities_weekly) AS c
        ON c.platform = w.platform AND w.week_start >= c.week_start
),
counted AS (
    SELECT p.week_start, p.topic_id, p.platform, c.community_id, count(*) AS posts
    FROM posts AS p
    JOIN placed AS l USING (platform, week_start)
    JOIN graph.communities_weekly AS c
        ON c.platform = p.platform AND c.week_start = l.community_week
        AND c.profile_id = p.profile_id
    GROUP BY p.week_start, p.topic_id, p.platform, c.community_id
)
SELECT
    week_start,
    topic_id,
    list(platform ORDER BY posts DESC, platform, community_id)[:5] AS community_platforms,
    list(community_id ORDER BY posts DESC, platform, community_id)[:5] AS community_ids,
    list(posts ORDER BY posts DESC, platform, community_id)[:5] AS community_posts
FROM counted
GROUP BY week_start, topic_id
ORDER BY week_start, topic_id
