-- A row is one observation of a profile at one time, merged over the files that made it: where
-- they disagree, the larger value. What is told again in the same words, without a time of
-- reading, is one observation, at the earliest bound.
WITH dated AS (
    SELECT * EXCLUDE (file_id, row_number, observed_date)
    FROM raw.profile_snapshots
    WHERE is_observed_at_known AND observed_date BETWEEN $first_day AND $last_day
    UNION ALL BY NAME
    SELECT * EXCLUDE (file_id, row_number, observed_date, observed_at), min(observed_at) AS observed_at
    FROM raw.profile_snapshots
    WHERE NOT is_observed_at_known AND observed_date <= $last_day
    GROUP BY ALL
    HAVING CAST(min(observed_at) AS DATE) >= $first_day
)
SELECT
    platform,
    profile_id,
    observed_at,
    bool_and(is_observed_at_known) AS is_observed_at_known,
    CAST(observed_at AS DATE) AS observed_date,
    max(handle) AS handle,
    max(display_name) AS display_name,
    max(category) AS category,
    max(country) AS country,
    bool_or(is_verified) AS is_verified,
    max(followers) AS followers,
    max(following) AS following,
    max(posts_count) AS posts_count,
    max(likes_total) AS likes_total,
    max(views_per_post) AS views_per_post,
    max(likes_per_post) AS likes_per_post,
    max(comments_per_post) AS comments_per_post,
    max(shares_per_post) AS shares_per_post,
    max(engagement_per_post) AS engagement_per_post,
    max(engagement_rate) AS engagement_rate,
    max(engagement) AS engagement,
    max(reach) AS reach,
    max(impressions) AS impressions
FROM dated
GROUP BY platform, profile_id, observed_at
