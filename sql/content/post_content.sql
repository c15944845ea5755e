-- A row is a post: what its text says and how it is written, and what its pictures show. What is
-- of a text or of a picture is looked up by its hash. Measures of pictures are means over those
-- of the post that could be read.
WITH posts AS (
    SELECT *, coalesce(trim(text), '') <> '' AS has_text, sha256(text) AS hash
    FROM core.posts
    WHERE posted_date BETWEEN $first_day AND $last_day
),
fixed_topics AS (
    SELECT content_hash, list(topic ORDER BY score DESC, topic) AS topics
    FROM content.text_topics
    WHERE content_hash IN (SELECT hash FROM posts)
    GROUP BY content_hash
),
shown AS (
    SELECT DISTINCT platform, post_id, media_id AS content_hash
    FROM core.media
    WHERE posted_date BETWEEN $first_day AND $last_day AND mime_type LIKE 'image/%'
),
pictures AS (
    SELECT
        platform,
        post_id,
        count(*) FILTER (status = 'ok') AS pictures_read,
        count(*) FILTER (status = 'refused') AS pictures_refused,
        avg(brightness ORDER BY content_hash) AS brightness,
        avg(contrast ORDER BY content_hash) AS contrast,
        avg(colourfulness ORDER BY content_hash) AS colourfulness,
        avg(text_area_share ORDER BY content_hash) AS text_area_share,
        CAST(max(faces) AS BIGINT) AS faces_most
    FROM shown
    JOIN content.images USING (content_hash)
    GROUP BY platform, post_id
),
tags AS (
    SELECT platform, post_id, list(tag ORDER BY score DESC, tag) AS image_tags
    FROM (
        SELECT platform, post_id, tag, max(score) AS score
        FROM shown
        JOIN content.image_tags USING (content_hash)
        GROUP BY platform, post_id, tag
    )
    GROUP BY platform, post_id
),
agreement AS (
    SELECT platform, post_id, text_image_agreement, text_image_agreement_mean
    FROM ({content.post_agreement})
    WHERE posted_date BETWEEN $first_day AND $last_day
),
reach AS (
    SELECT platform, post_id, hashtag_profiles_most, hashtag_profiles_median
    FROM ({content.post_hashtag_reach})
)
SELECT
    p.posted_date,
    p.platform,
    p.post_id,
    p.profile_id,
    CASE WHEN p.has_text THEN p.hash END AS content_hash,
    coalesce(p.language, t.language) AS language,
    t.sentiment,
    t.sentiment_label,
    t.emotion,
    coalesce(f.topics, []) AS topics,
    d.topic_id,
    w.label AS topic_label,
    t.words,
    t.sentences,
    t.lix,
    t.questions,
    t.exclamations,
    coalesce(t.calls_to_action, []) AS calls_to_action,
    t.mentions,
    t.links,
    t.emoji,
    len(p.hashtags) AS hashtags,
    r.hashtag_profiles_most,
    r.hashtag_profiles_median,
    coalesce(i.pictures_read, 0) AS pictures_read,
    coalesce(i.pictures_refused, 0) AS pictures_refused,
    coalesce(g.image_tags, []) AS image_tags,
    a.text_image_agreement,
    a.text_image_agreement_mean,
    i.brightness,
    i.contrast,
    i.colourfulness,
    i.text_area_share,
    i.faces_most
FROM posts AS p
LEFT JOIN content.texts AS t ON t.content_hash = p.hash AND p.has_text
LEFT JOIN fixed_topics AS f ON f.content_hash = p.hash AND p.has_text
LEFT JOIN content.post_topics_weekly AS d
    ON d.platform = p.platform AND d.post_id = p.post_id
    AND d.week_start = date_trunc('week', p.posted_date)
LEFT JOIN content.topics_weekly AS w ON w.week_start = d.week_start AND w.topic_id = d.topic_id
LEFT JOIN reach AS r ON r.platform = p.platform AND r.post_id = p.post_id
LEFT JOIN pictures AS i ON i.platform = p.platform AND i.post_id = p.post_id
LEFT JOIN tags AS g ON g.platform = p.platform AND g.post_id = p.post_id
LEFT JOIN agreement AS a ON a.platform = p.platform AND a.post_id = p.post_id
