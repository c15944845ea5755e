-- A row is a post with a text and a picture that both have vectors: how well they fit, as cosines
-- of the text with the nearest of its pictures and with all of them on average. Vectors of two
-- encoders, as stand here between two builds, are not compared: an id begins with the name and
-- the weights, and ends with what is of one side alone.
WITH captions AS (
    SELECT content_hash, vector, regexp_replace(encoder_id, '/[^/]*$', '') AS encoder
    FROM content.caption_embeddings
),
pictures AS (
    SELECT content_hash, vector, regexp_replace(encoder_id, '/[^/]*$', '') AS encoder
    FROM content.image_embeddings
),
pairs AS (
    SELECT
        posts.platform,
        posts.post_id,
        posts.posted_date,
        list_cosine_similarity(captions.vector::FLOAT[], pictures.vector::FLOAT[]) AS agreement
    FROM core.posts AS posts
    JOIN captions ON captions.content_hash = sha256(posts.text)
    -- A post may show a picture twice.
    JOIN (SELECT DISTINCT platform, post_id, media_id FROM core.media) AS media
        USING (platform, post_id)
    JOIN pictures ON pictures.content_hash = media.media_id AND pictures.encoder = captions.encoder
)
SELECT
    platform,
    post_id,
    posted_date,
    count(*) AS pictures_compared,
    CAST(max(agreement) AS DOUBLE) AS text_image_agreement,
    CAST(avg(agreement) AS DOUBLE) AS text_image_agreement_mean
FROM pairs
GROUP BY ALL
ORDER BY ALL
