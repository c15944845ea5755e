-- A row is a profile that posted in the $memory_weeks weeks up to the end of a week: the language
-- that most of these posts have, at what hours they were published where that is known, and the
-- country and the category that the profile last stated by then.
WITH posts AS (
    SELECT platform, profile_id, language, hour(posted_at) AS hour, is_posted_at_known
    FROM core.posts
    WHERE posted_date BETWEEN CAST($week_start AS DATE) + 7 - 7 * $memory_weeks
        AND CAST($week_start AS DATE) + 6
),
languages AS (
    SELECT platform, profile_id, first(language ORDER BY n DESC, language) AS language
    FROM (
        SELECT platform, profile_id, language, count(*) AS n
        FROM posts
        WHERE language IS NOT NULL
        GROUP BY platform, profile_id, language
    )
    GROUP BY platform, profile_id
),
hours AS (
    SELECT platform, profile_id, list(n ORDER BY hour) AS posts_by_hour
    FROM (
        SELECT
            p.platform, p.profile_id, h.hour,
            count(*) FILTER (p.hour = h.hour AND p.is_posted_at_known) AS n
        FROM posts AS p
        CROSS JOIN (SELECT unnest(range(24)) AS hour) AS h
        GROUP BY p.platform, p.profile_id, h.hour
    )
    GROUP BY platform, profile_id
),
homes AS (
    SELECT
        platform, profile_id,
        arg_max(country, observed_at) AS country,
        arg_max(category, observed_at) AS category
    FROM core.profile_snapshots
    WHERE observed_date <= CAST($week_start AS DATE) + 6
    GROUP BY platform, profile_id
)
SELECT h.platform, h.profile_id, l.language, s.country, s.category, h.posts_by_hour
FROM hours AS h
LEFT JOIN languages AS l USING (platform, profile_id)
LEFT JOIN homes AS s USING (platform, profile_id)
ORDER BY h.platform, h.profile_id
