-- A row is the vector of a text that was posted in the $memory_weeks weeks up to the end of a week.
SELECT content_hash, vector
FROM content.text_embeddings
WHERE content_hash IN (
    SELECT sha256(text)
    FROM core.posts
    WHERE posted_date BETWEEN CAST($week_start AS DATE) + 7 - 7 * $memory_weeks
        AND CAST($week_start AS DATE) + 6
)
ORDER BY content_hash
