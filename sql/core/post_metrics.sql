-- A row is one observation of a post's counts. Of two that files made at the same time the
-- larger count wins; a negative one takes no part. What is told again in the same words, without
-- a time of reading, is one observation, at the earliest bound. Counts in core.metric_flags are
-- left out.
WITH dated AS (
    SELECT * EXCLUDE (file_id, row_number, observed_date)
    FROM raw.post_metrics
    WHERE is_observed_at_known AND observed_date BETWEEN $first_day AND $last_day
    UNION ALL BY NAME
    SELECT * EXCLUDE (file_id, row_number, observed_date, observed_at), min(observed_at) AS observed_at
    FROM raw.post_metrics
    WHERE NOT is_observed_at_known AND observed_date <= $last_day
    GROUP BY ALL
    HAVING CAST(min(observed_at) AS DATE) >= $first_day
),
merged AS (
    SELECT
        platform,
        post_id,
        observed_at,
        bool_and(is_observed_at_known) AS is_observed_at_known,
        max(views) FILTER (views >= 0) AS views,
        max(likes) FILTER (likes >= 0) AS likes,
        max(comments) FILTER (comments >= 0) AS comments,
        max(shares) FILTER (shares >= 0) AS shares,
        max(saves) FILTER (saves >= 0) AS saves,
        max(popularity_score) AS popularity_score
    FROM dated
    GROUP BY platform, post_id, observed_at
),
flagged AS (
    SELECT platform, post_id, observed_at, list(metric) AS metrics
    FROM core.metric_flags
    WHERE observed_date BETWEEN $first_day AND $last_day AND rule <> 'count_overflowed'
    GROUP BY platform, post_id, observed_at
),
accepted AS (
    SELECT
        platform,
        post_id,
        observed_at,
        is_observed_at_known,
        CAST(observed_at AS DATE) AS observed_date,
        CASE WHEN NOT coalesce(list_contains(f.metrics, 'views'), false) THEN views END AS views,
        CASE WHEN NOT coalesce(list_contains(f.metrics, 'likes'), false) THEN likes END AS likes,
        CASE WHEN NOT coalesce(list_contains(f.metrics, 'comments'), false) THEN comments END AS comments,
        CASE WHEN NOT coalesce(list_contains(f.metrics, 'shares'), false) THEN shares END AS shares,
        CASE WHEN NOT coalesce(list_contains(f.metrics, 'saves'), false) THEN saves END AS saves,
        popularity_score
    FROM merged
    LEFT JOIN flagged AS f USING (platform, post_id, observed_at)
)
SELECT
    a.*,
    -- An age needs both times: that of the post and that of the reading.
    CASE WHEN p.is_posted_at_known AND a.is_observed_at_known
         THEN epoch(a.observed_at - p.posted_at) / 3600 END AS age_hours
FROM accepted AS a
LEFT JOIN core.posts AS p USING (platform, post_id)
WHERE coalesce(views, likes, comments, shares, saves) IS NOT NULL OR popularity_score IS NOT NULL
