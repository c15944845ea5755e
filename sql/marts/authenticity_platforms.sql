-- A row is a platform with posts or readings of profiles, and whether $profile_id is one of these.
WITH seen AS (
    SELECT platform, profile_id FROM core.posts
    UNION ALL
    SELECT platform, profile_id FROM core.profile_snapshots
)
SELECT platform, bool_or(profile_id = $profile_id) AS has_profile
FROM seen
GROUP BY platform
ORDER BY platform
