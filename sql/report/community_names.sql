-- A row is a community that was ever described, by its newest label: so a page has one name for
-- each. A label after its leader has the leader's handle where one is known.
WITH newest AS (
    SELECT platform, community_id, label, leader_ids[1] AS profile_id
    FROM graph.community_profiles_weekly
    QUALIFY row_number() OVER (PARTITION BY platform, community_id ORDER BY week_start DESC) = 1
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN newest USING (platform, profile_id)
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
)
SELECT
    platform,
    community_id,
    CASE
        WHEN label = 'around ' || profile_id AND handle IS NOT NULL THEN 'around @' || handle
        ELSE label
    END AS label
FROM newest
LEFT JOIN names USING (platform, profile_id)
ORDER BY platform, community_id
