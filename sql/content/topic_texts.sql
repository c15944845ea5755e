-- A row is a distinct text that was posted in the $memory_weeks weeks up to the end of a week, with
-- its vector, which is NULL where it has none yet.
SELECT
    CAST('0x' || substr(t.content_hash, 1, 15) AS BIGINT) AS text_key,
    t.content_hash,
    t.text,
    e.vector
FROM (
    SELECT sha256(text) AS content_hash, any_value(text) AS text
    FROM core.posts
    WHERE posted_date BETWEEN CAST($week_start AS DATE) + 7 - 7 * $memory_weeks
            AND CAST($week_start AS DATE) + 6
        AND trim(text) <> ''
    GROUP BY content_hash
) AS t
LEFT JOIN content.text_embeddings AS e USING (content_hash)
ORDER BY t.content_hash
