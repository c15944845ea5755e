-- A row is a community's week with posts: its members' posts, their commonest discovered topics, and
-- how they feel. Communities are those of the week, or of the last week before it that has some.
WITH posts AS (
    SELECT
        platform, post_id, profile_id, sha256(text) AS content_hash,
        CAST(date_trunc('week', posted_date) AS DATE) AS week_start
    FROM core.posts
    WHERE posted_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE) + 6
),
placed AS (
    SELECT w.platform, w.week_start, c.week_start AS community_week
    FROM (SELECT DISTINCT platform, week_start FROM posts) AS w
    ASOF JOIN (SELECT DISTINCT platform, week_start FROM graph.communities_weekly) AS c
        ON c.platform = w.platform AND w.week_start >= c.week_start
),
said AS (
    SELECT
        p.week_start, p.platform, c.community_id, p.post_id, t.topic_id, w.label, f.sentiment,
        f.sentiment_label
    FROM posts AS p
    JOIN placed AS l USING (platform, week_start)
    JOIN graph.communities_weekly AS c
        ON c.platform = p.platform AND c.week_start = l.community_week
        AND c.profile_id = p.profile_id
    LEFT JOIN content.post_topics_weekly AS t
        ON t.week_start = p.week_start AND t.platform = p.platform AND t.post_id = p.post_id
    LEFT JOIN content.topics_weekly AS w
        ON w.week_start = t.week_start AND w.topic_id = t.topic_id
    LEFT JOIN content.texts AS f ON f.content_hash = p.content_hash
),
topics AS (
    SELECT
        week_start, platform, community_id,
        list(topic_id ORDER BY n DESC, topic_id)[:5] AS topic_ids,
        list(label ORDER BY n DESC, topic_id)[:5] AS topic_labels,
        list(n ORDER BY n DESC, topic_id)[:5] AS topic_posts
    FROM (
        SELECT week_start, platform, community_id, topic_id, any_value(label) AS label, count(*) AS n
        FROM said
        WHERE topic_id IS NOT NULL
        GROUP BY week_start, platform, community_id, topic_id
    )
    GROUP BY week_start, platform, community_id
),
counted AS (
    SELECT
        week_start, platform, community_id,
        count(*) AS posts,
        count(topic_id) AS posts_with_topic,
        count(sentiment) AS posts_with_sentiment,
        avg(sentiment ORDER BY sentiment) AS sentiment_mean,
        avg(CAST(sentiment_label = 'positive' AS DOUBLE)) AS positive_share,
        avg(CAST(sentiment_label = 'negative' AS DOUBLE)) AS negative_share
    FROM said
    GROUP BY week_start, platform, community_id
)
SELECT
    c.week_start,
    c.platform,
    c.community_id,
    c.posts,
    c.posts_with_topic,
    coalesce(t.topic_ids, []) AS topic_ids,
    coalesce(t.topic_labels, []) AS topic_labels,
    coalesce(list_transform(t.topic_posts, lambda n: n / c.posts), []) AS topic_shares,
    c.posts_with_sentiment,
    c.sentiment_mean,
    c.positive_share,
    c.negative_share
FROM counted AS c
LEFT JOIN topics AS t USING (week_start, platform, community_id)
