-- A row is one observation of a profile at one time, merged over the files that made it.
WITH ranked AS (
    SELECT
        r.*,
        row_number() OVER (
            PARTITION BY r.platform, r.profile_id, r.observed_at
            ORDER BY f.ingest_number, r.row_number
        ) AS newness
    FROM raw.profile_snapshots AS r
    JOIN raw.files AS f USING (file_id)
    WHERE r.observed_date BETWEEN $first_day AND $last_day
)
SELECT
    platform,
    profile_id,
    observed_at,
    CAST(observed_at AS DATE) AS observed_date,
    arg_max(handle, newness) AS handle,
    arg_max(display_name, newness) AS display_name,
    arg_max(category, newness) AS category,
    arg_max(country, newness) AS country,
    arg_max(is_verified, newness) AS is_verified,
    arg_max(followers, newness) AS followers,
    arg_max(following, newness) AS following,
    arg_max(posts_count, newness) AS posts_count,
    arg_max(engagement, newness) AS engagement,
    arg_max(reach, newness) AS reach,
    arg_max(impressions, newness) AS impressions
FROM ranked
GROUP BY platform, profile_id, observed_at
