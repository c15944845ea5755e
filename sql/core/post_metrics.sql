-- A row is one observation of a post's counts. Two files that observed it at the same time
-- give one row; for each count the file that came in last and knows it wins.
WITH ranked AS (
    SELECT
        r.*,
        row_number() OVER (
            PARTITION BY r.platform, r.post_id, r.observed_at
            ORDER BY f.ingest_number, r.row_number
        ) AS newness
    FROM raw.post_metrics AS r
    JOIN raw.files AS f USING (file_id)
    WHERE r.observed_date BETWEEN $first_day AND $last_day
),
merged AS (
    SELECT
        platform,
        post_id,
        observed_at,
        arg_max(views, newness) AS views,
        arg_max(likes, newness) AS likes,
        arg_max(comments, newness) AS comments,
        arg_max(shares, newness) AS shares,
        arg_max(saves, newness) AS saves
    FROM ranked
    GROUP BY platform, post_id, observed_at
)
SELECT
    m.*,
    CAST(m.observed_at AS DATE) AS observed_date,
    epoch(m.observed_at - p.posted_at) / 3600 AS age_hours
FROM merged AS m
LEFT JOIN core.posts AS p USING (platform, post_id)
