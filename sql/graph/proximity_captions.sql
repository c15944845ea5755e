-- A row is a text that a profile posted in the $memory_weeks weeks up to the end of a week.
SELECT platform, profile_id, sha256(text) AS content_hash, count(*) AS posts
FROM core.posts
WHERE posted_date BETWEEN CAST($week_start AS DATE) + 7 - 7 * $memory_weeks
        AND CAST($week_start AS DATE) + 6
    AND trim(text) <> ''
GROUP BY platform, profile_id, content_hash
ORDER BY platform, profile_id, content_hash
