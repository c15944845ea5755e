-- A row is the last count of a profile's followers that was read on a day, from $window_days before
-- the end of the first week to the end of the last.
SELECT
    platform,
    profile_id,
    observed_date AS day,
    arg_max(followers, observed_at) AS followers
FROM core.profile_snapshots
WHERE observed_date BETWEEN CAST($first_day AS DATE) + 7 - $window_days AND CAST($last_day AS DATE) + 6
  -- On which day a count was read whose time is only a bound, nobody knows.
  AND is_observed_at_known
  AND followers IS NOT NULL
GROUP BY platform, profile_id, observed_date
ORDER BY platform, profile_id, observed_date
