-- A row is a post with a text, and the discovered topic that it had as of the end of its own week.
SELECT
    p.week_start,
    p.platform,
    p.post_id,
    t.topic_id,
    CAST(t.confidence AS DOUBLE) AS confidence
FROM (
    SELECT
        CAST(date_trunc('week', posted_date) AS DATE) AS week_start, platform, post_id,
        CAST('0x' || substr(sha256(text), 1, 15) AS BIGINT) AS text_key
    FROM core.posts
    WHERE posted_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE) + 6
        AND trim(text) <> ''
) AS p
LEFT JOIN (
    SELECT
        week_start, topic_id, unnest(members) AS text_key, unnest(confidences) AS confidence
    FROM content.topics_weekly
    WHERE week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
) AS t USING (week_start, text_key)
