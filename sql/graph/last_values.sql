-- A row is a platform, with the last week in which some profile had a value of each target.
SELECT
    platform,
    max(week_start) FILTER (engagement_per_post IS NOT NULL) AS engagement,
    max(week_start) FILTER (followers_end IS NOT NULL) AS followers
FROM marts.profile_metrics_weekly
GROUP BY platform
ORDER BY platform
