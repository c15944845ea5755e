-- A row is a piece of evidence of the week that holds $day, by default of the last week with any, of
-- a platform or a profile where one is named.
WITH wanted AS (
    SELECT *
    FROM marts.authenticity_evidence_weekly
    WHERE ($platform = '' OR platform = $platform)
      AND ($profile_id = '' OR profile_id = $profile_id)
      AND week_start = coalesce(date_trunc('week', CAST($day AS DATE)), week_start)
)
SELECT *
FROM wanted
WHERE week_start = (SELECT max(week_start) FROM wanted)
ORDER BY platform, kind, abs(deviations) DESC, q_value, profile_id, what
