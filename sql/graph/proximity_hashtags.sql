-- A row is a profile's use of a hashtag in the $memory_weeks weeks up to the end of a week.
SELECT platform, profile_id, hashtag, count(*) AS posts
FROM (
    SELECT platform, profile_id, unnest(list_distinct(hashtags)) AS hashtag
    FROM core.posts
    WHERE posted_date BETWEEN CAST($week_start AS DATE) + 7 - 7 * $memory_weeks
        AND CAST($week_start AS DATE) + 6
)
WHERE hashtag <> ''
GROUP BY platform, profile_id, hashtag
ORDER BY platform, profile_id, hashtag
