-- A row is a platform: all that is known of it. Profiles are those that posted, were
-- observed, or stand at either end of a tie; observations are of posts and of profiles.
WITH seen AS (
    SELECT platform, profile_id FROM core.posts
    UNION
    SELECT platform, profile_id FROM core.profile_snapshots
    UNION
    SELECT platform, source_id FROM core.interactions
    UNION
    SELECT platform, target_id FROM core.interactions
),
people AS (
    SELECT platform, count(*) AS profiles FROM seen GROUP BY platform
),
facts AS (
    SELECT platform, 'post' AS fact, count(*) AS records,
        min(posted_date) AS first_day, max(posted_date) AS last_day,
        min(posted_date) FILTER (is_posted_at_known) AS first_known,
        max(posted_date) FILTER (is_posted_at_known) AS last_known
    FROM core.posts GROUP BY platform
    UNION ALL BY NAME
    SELECT platform, 'observation' AS fact, count(*) AS records,
        min(observed_date) AS first_day, max(observed_date) AS last_day,
        min(observed_date) FILTER (is_observed_at_known) AS first_known,
        max(observed_date) FILTER (is_observed_at_known) AS last_known
    FROM core.post_metrics GROUP BY platform
    UNION ALL BY NAME
    SELECT platform, 'observation' AS fact, count(*) AS records,
        min(observed_date) AS first_day, max(observed_date) AS last_day,
        min(observed_date) FILTER (is_observed_at_known) AS first_known,
        max(observed_date) FILTER (is_observed_at_known) AS last_known
    FROM core.profile_snapshots GROUP BY platform
    UNION ALL BY NAME
    SELECT platform, 'tie' AS fact, count(*) AS records,
        min(occurred_date) AS first_day, max(occurred_date) AS last_day,
        min(occurred_date) FILTER (is_occurred_at_known) AS first_known,
        max(occurred_date) FILTER (is_occurred_at_known) AS last_known
    FROM core.interactions GROUP BY platform
)
SELECT
    facts.platform,
    coalesce(any_value(people.profiles), 0) AS profiles,
    coalesce(sum(records) FILTER (fact = 'post'), 0)::BIGINT AS posts,
    coalesce(sum(records) FILTER (fact = 'observation'), 0)::BIGINT AS observations,
    coalesce(sum(records) FILTER (fact = 'tie'), 0)::BIGINT AS ties,
    -- Ties count only where there is nothing else: a follow may be years old. So do bounds: the
    -- day of an ingest is no day that is covered.
    coalesce(min(first_known) FILTER (fact <> 'tie'), min(first_known), min(first_day)) AS first_day,
    coalesce(max(last_known) FILTER (fact <> 'tie'), max(last_known), max(last_day)) AS last_day
FROM facts
LEFT JOIN people USING (platform)
GROUP BY facts.platform
ORDER BY profiles DESC, facts.platform
