-- A row is a profile that used a hashtag in a week, with its community as of the end of that week,
-- or of the last week before it that has communities; NULL where it has none.
WITH uses AS (
    SELECT DISTINCT platform, CAST(date_trunc('week', posted_date) AS DATE) AS week_start, hashtag, profile_id
    FROM (
        SELECT platform, posted_date, profile_id, unnest(hashtags) AS hashtag
        FROM core.posts
        WHERE is_posted_at_known
          AND posted_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE) + 6
    )
    WHERE hashtag <> ''
),
placed AS (
    SELECT w.platform, w.week_start, c.week_start AS community_week
    FROM (SELECT DISTINCT platform, week_start FROM uses) AS w
    ASOF JOIN (SELECT DISTINCT platform, week_start FROM graph.communities_weekly) AS c
        ON c.platform = w.platform AND w.week_start >= c.week_start
)
SELECT u.platform, u.week_start, u.hashtag, c.community_id
FROM uses AS u
LEFT JOIN placed AS p USING (platform, week_start)
LEFT JOIN graph.communities_weekly AS c
    ON c.platform = u.platform AND c.week_start = p.community_week AND c.profile_id = u.profile_id
