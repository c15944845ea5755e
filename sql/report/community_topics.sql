-- A row is one of the ten communities of a platform that posted the most in its last four weeks with
-- content, with its up to five commonest topics of that time and how it felt, NULL where no
-- sentiment is known.
WITH latest AS (
    SELECT platform, week_start
    FROM (SELECT DISTINCT platform, week_start FROM marts.community_content_weekly)
    QUALIFY row_number() OVER (PARTITION BY platform ORDER BY week_start DESC) <= 4
),
content AS (
    SELECT *
    FROM marts.community_content_weekly
    SEMI JOIN latest USING (platform, week_start)
),
top AS (
    SELECT
        platform, community_id, sum(posts) AS posts,
        sum(sentiment_mean * posts_with_sentiment ORDER BY week_start)
            / nullif(sum(posts_with_sentiment), 0) AS sentiment_mean,
        sum(negative_share * posts_with_sentiment ORDER BY week_start)
            / nullif(sum(posts_with_sentiment), 0) AS negative_share,
        row_number() OVER (
            PARTITION BY platform ORDER BY sum(posts) DESC, community_id
        ) AS place
    FROM content
    GROUP BY platform, community_id
    QUALIFY place <= 10
),
topics AS (
    SELECT
        platform, community_id, topic_id, arg_max(label, week_start) AS label,
        sum(n ORDER BY week_start) AS n
    FROM (
        SELECT
            platform, week_start, community_id, unnest(topic_ids) AS topic_id,
            unnest(topic_labels) AS label, unnest(topic_shares) * posts AS n
        FROM content
    )
    GROUP BY platform, community_id, topic_id
),
listed AS (
    SELECT
        platform, community_id,
        list(label ORDER BY n DESC, topic_id)[:5] AS labels,
        list(n ORDER BY n DESC, topic_id)[:5] AS counts
    FROM topics
    GROUP BY platform, community_id
)
SELECT
    t.platform, t.place, t.community_id, CAST(t.posts AS BIGINT) AS posts,
    coalesce(l.labels, []) AS topic_labels,
    coalesce(list_transform(l.counts, lambda n: n / t.posts), []) AS topic_shares,
    t.sentiment_mean, t.negative_share
FROM top AS t
LEFT JOIN listed AS l USING (platform, community_id)
ORDER BY t.platform, t.place
