-- A row is an observation of the engagement of a post of $platform of known time: the sum of the
-- counts that are known.
SELECT
    p.post_id,
    p.profile_id,
    p.posted_at,
    m.observed_at,
    m.age_hours,
    coalesce(m.likes, 0) + coalesce(m.comments, 0) + coalesce(m.shares, 0) + coalesce(m.saves, 0) AS engagement
FROM core.post_metrics AS m
JOIN core.posts AS p USING (platform, post_id)
WHERE platform = $platform AND p.is_posted_at_known
  AND coalesce(m.likes, m.comments, m.shares, m.saves) IS NOT NULL
ORDER BY p.profile_id, p.posted_at, p.post_id, m.observed_at
