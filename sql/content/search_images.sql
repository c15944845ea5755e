-- A row is one of the $k pictures that are nearest to a vector, by the cosine: the newest post that
-- shows it, and how many do. Only posts that pass the filters count. FLOAT[384] stands for the
-- length that the table's vectors have (see storage.vectors).
WITH members AS ({content.search_members}),
wanted AS MATERIALIZED (
    -- A post may show a picture twice.
    SELECT p.platform, p.post_id, any_value(p.posted_at) AS posted_at, m.media_id AS content_hash,
        min(m.path) AS path
    FROM core.posts AS p
    JOIN core.media AS m USING (platform, post_id)
    -- NULL lets everything pass.
    WHERE ($platform IS NULL OR p.platform = $platform)
        AND ($since IS NULL OR p.posted_date >= $since)
        AND ($until IS NULL OR p.posted_date <= $until)
        AND ($community IS NULL OR (p.platform, p.profile_id) IN (FROM members))
    GROUP BY p.platform, p.post_id, m.media_id
),
nearest AS (
    SELECT content_hash, array_cosine_similarity(vector, CAST($vector AS FLOAT[384])) AS score
    FROM content.image_embeddings
    SEMI JOIN wanted USING (content_hash)
    ORDER BY score DESC, content_hash
    LIMIT $k
),
-- The posts of these, the newest of each first.
shown AS (
    SELECT
        platform,
        post_id,
        content_hash,
        path,
        count(*) OVER (PARTITION BY content_hash) AS posts,
        row_number() OVER (
            PARTITION BY content_hash ORDER BY posted_at DESC, platform, post_id
        ) AS place
    FROM wanted
    SEMI JOIN nearest USING (content_hash)
)
SELECT
    n.score, s.posts, p.platform, p.profile_id, p.post_id, p.posted_at, p.text, p.url, s.content_hash, s.path AS media_path
FROM nearest AS n
JOIN shown AS s USING (content_hash)
JOIN core.posts AS p USING (platform, post_id)
WHERE s.place = 1
ORDER BY n.score DESC, s.content_hash
