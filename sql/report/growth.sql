-- A row is a week of one of the ten profiles per platform that gained the most followers
-- over the platform's last 12 weeks with data. The gain is the last known count less the
-- first known one, so that a week without an observation hides nothing; a profile known
-- in one week only has no gain and does not take part.
WITH known AS (
    SELECT platform, profile_id, week_start, followers_end
    FROM marts.profile_metrics_weekly
    WHERE followers_end IS NOT NULL
),
weeks AS (
    SELECT platform, week_start
    FROM (SELECT DISTINCT platform, week_start FROM known)
    QUALIFY row_number() OVER (PARTITION BY platform ORDER BY week_start DESC) <= 12
),
recent AS (
    SELECT known.* FROM known SEMI JOIN weeks USING (platform, week_start)
),
gains AS (
    SELECT
        platform,
        profile_id,
        arg_min(followers_end, week_start) AS followers_first,
        arg_max(followers_end, week_start) AS followers_last,
        followers_last - followers_first AS gained
    FROM recent
    GROUP BY platform, profile_id
    HAVING count(*) >= 2
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY platform ORDER BY gained DESC, profile_id) AS place
    FROM gains
    WHERE gained > 0
    QUALIFY place <= 10
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN ranked USING (platform, profile_id)
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
)
SELECT
    platform,
    ranked.place,
    profile_id,
    names.handle,
    recent.week_start,
    recent.followers_end,
    ranked.followers_first,
    ranked.followers_last,
    ranked.gained
FROM ranked
JOIN recent USING (platform, profile_id)
LEFT JOIN names USING (platform, profile_id)
ORDER BY platform, place, week_start
