-- A row is a post with hashtags from $first_day to $last_day whose time is known: on how many
-- different profiles of its platform its hashtags stood in the 13 weeks before its day, by the
-- hashtag that most had used and by the middle one. As of: the day itself does not count.
WITH uses AS (
    SELECT DISTINCT platform, post_id, profile_id, posted_date, unnest(hashtags) AS hashtag
    FROM core.posts
    WHERE is_posted_at_known
      AND posted_date BETWEEN CAST($first_day AS DATE) - 91 AND CAST($last_day AS DATE)
),
days AS (
    SELECT DISTINCT platform, hashtag, profile_id, posted_date FROM uses
),
reach AS (
    SELECT DISTINCT
        platform,
        hashtag,
        posted_date,
        count(DISTINCT profile_id) OVER (
            PARTITION BY platform, hashtag
            ORDER BY posted_date
            RANGE BETWEEN INTERVAL 91 DAYS PRECEDING AND INTERVAL 1 DAY PRECEDING
        ) AS profiles
    FROM days
)
SELECT
    platform,
    post_id,
    posted_date,
    max(profiles) AS hashtag_profiles_most,
    median(profiles) AS hashtag_profiles_median
FROM uses
JOIN reach USING (platform, hashtag, posted_date)
WHERE posted_date >= CAST($first_day AS DATE)
GROUP BY ALL
