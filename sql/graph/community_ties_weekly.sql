-- A row is what ties the members of a community to those of another (or to each other) in a week,
-- in both directions: a tie within a community counts for both of its ends.
WITH members AS (
    SELECT week_start, platform, profile_id, community_id
    FROM graph.communities_weekly
    WHERE week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
),
between AS (
    SELECT e.week_start, e.platform, a.community_id AS one, b.community_id AS other, e.weight
    FROM graph.edges_weekly AS e
    JOIN members AS a
        ON a.week_start = e.week_start AND a.platform = e.platform AND a.profile_id = e.source_id
    JOIN members AS b
        ON b.week_start = e.week_start AND b.platform = e.platform AND b.profile_id = e.target_id
    WHERE e.week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
)
SELECT
    week_start,
    platform,
    community_id,
    other_id,
    count(*) AS ties,
    -- In a fixed order: sums of fractions differ in the last digit with the order.
    sum(weight ORDER BY weight) AS weight
FROM (
    SELECT week_start, platform, one AS community_id, other AS other_id, weight FROM between
    UNION ALL
    SELECT week_start, platform, other, one, weight FROM between
)
GROUP BY week_start, platform, community_id, other_id
