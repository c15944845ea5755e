-- A row is a platform's week (Monday): posts published, profiles observed, acts and ties seen.
-- A week in which a kind of record is missing counts 0 of it; a week without any has no row.
-- What has only a bound for its time, the day of its ingest, belongs to no week.
WITH facts AS (
    SELECT platform, date_trunc('week', posted_date)::DATE AS week_start,
        count(*) AS posts, 0 AS profiles_observed, 0 AS interactions
    FROM core.posts
    WHERE is_posted_at_known
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT platform, date_trunc('week', observed_date)::DATE AS week_start,
        0 AS posts, count(DISTINCT profile_id) AS profiles_observed, 0 AS interactions
    FROM core.profile_snapshots
    WHERE is_observed_at_known
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT platform, date_trunc('week', occurred_date)::DATE AS week_start,
        0 AS posts, 0 AS profiles_observed, count(*) AS interactions
    FROM core.interactions
    WHERE is_occurred_at_known
    GROUP BY ALL
)
SELECT
    platform,
    week_start,
    sum(posts)::BIGINT AS posts,
    sum(profiles_observed)::BIGINT AS profiles_observed,
    sum(interactions)::BIGINT AS interactions
FROM facts
-- A follow may be dated years before anything was collected: coverage begins with the first
-- post or snapshot, where there is any.
WHERE week_start >= coalesce(
    (SELECT min(week_start) FROM facts WHERE posts + profiles_observed > 0), DATE '0001-01-01'
)
GROUP BY platform, week_start
ORDER BY platform, week_start
