-- A row is a post, merged over all files. Column by column the newest statement wins, and
-- a statement that leaves a column empty does not erase an older one. A post stands on one
-- day only: that of its newest posted_at.
WITH wanted AS (
    SELECT DISTINCT platform, post_id
    FROM raw.posts
    WHERE posted_date BETWEEN $first_day AND $last_day
),
ranked AS (
    SELECT
        r.*,
        row_number() OVER (
            PARTITION BY r.platform, r.post_id
            ORDER BY coalesce(r.observed_at, TIMESTAMP '0001-01-01'), f.ingest_number, r.row_number
        ) AS newness
    FROM raw.posts AS r
    SEMI JOIN wanted USING (platform, post_id)
    JOIN raw.files AS f USING (file_id)
),
merged AS (
    -- arg_max passes over rows whose first argument is NULL.
    SELECT
        platform,
        post_id,
        arg_max(profile_id, newness) AS profile_id,
        arg_max(posted_at, newness) AS posted_at,
        arg_max(kind, newness) AS kind,
        arg_max(text, newness) AS text,
        arg_max(hashtags, newness) AS hashtags,
        arg_max(mentions, newness) AS mentions,
        arg_max(tagged_profile_ids, newness) AS tagged_profile_ids,
        arg_max(language, newness) AS language,
        arg_max(media_count, newness) AS media_count,
        arg_max(is_sponsored, newness) AS is_sponsored,
        arg_max(url, newness) AS url
    FROM ranked
    GROUP BY platform, post_id
)
SELECT *, CAST(posted_at AS DATE) AS posted_date
FROM merged
WHERE CAST(posted_at AS DATE) BETWEEN $first_day AND $last_day
