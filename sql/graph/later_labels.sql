-- A row is a profile's label as it came to be after a week, from all weeks after it.
SELECT
    profile_id,
    -- The mean over weeks: one week of many posts does not outweigh the others.
    avg(ln(1 + engagement_per_post) ORDER BY week_start) AS engagement,
    ln(1 + arg_max(followers_end, week_start)) AS followers
FROM marts.profile_metrics_weekly
WHERE platform = $platform AND week_start > CAST($week_start AS DATE)
GROUP BY profile_id
ORDER BY profile_id
