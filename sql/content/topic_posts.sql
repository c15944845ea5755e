-- A row is a post with a text of the $memory_weeks weeks up to the end of a week that has some.
SELECT
    platform,
    profile_id,
    CAST('0x' || substr(sha256(text), 1, 15) AS BIGINT) AS text_key,
    posted_date >= CAST($week_start AS DATE) AS is_now
FROM core.posts
WHERE posted_date BETWEEN CAST($week_start AS DATE) + 7 - 7 * $memory_weeks
        AND CAST($week_start AS DATE) + 6
    AND trim(text) <> ''
    AND EXISTS (
        FROM core.posts
        WHERE posted_date BETWEEN CAST($week_start AS DATE) AND CAST($week_start AS DATE) + 6
            AND trim(text) <> ''
    )
ORDER BY platform, post_id
