-- A row is one of the $k texts that are nearest to a vector, by the cosine: its newest post, and how
-- many have it. Only posts that pass the filters count. FLOAT[384] stands for the length that the
-- table's vectors have (see storage.vectors).
WITH members AS ({content.search_members}),
wanted AS MATERIALIZED (
    SELECT p.platform, p.post_id, p.posted_at, sha256(p.text) AS content_hash
    FROM core.posts AS p
    -- NULL lets everything pass.
    WHERE trim(p.text) <> ''
        AND ($platform IS NULL OR p.platform = $platform)
        AND ($since IS NULL OR p.posted_date >= $since)
        AND ($until IS NULL OR p.posted_date <= $until)
        AND ($community IS NULL OR (p.platform, p.profile_id) IN (FROM members))
),
nearest AS (
    SELECT content_hash, array_cosine_similarity(vector, CAST($vector AS FLOAT[384])) AS score
    FROM content.text_embeddings
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
        count(*) OVER (PARTITION BY content_hash) AS posts,
        row_number() OVER (
            PARTITION BY content_hash ORDER BY posted_at DESC, platform, post_id
        ) AS place
    FROM wanted
    SEMI JOIN nearest USING (content_hash)
)
SELECT
    n.score, s.posts, p.platform, p.profile_id, p.post_id, p.posted_at, p.text, p.url, s.content_hash
FROM nearest AS n
JOIN shown AS s USING (content_hash)
JOIN core.posts AS p USING (platform, post_id)
WHERE s.place = 1
ORDER BY n.score DESC, s.content_hash
