-- A row is a piece of evidence of the week $week_start, of a platform or a profile where one is named.
SELECT *
FROM marts.authenticity_evidence_weekly
WHERE week_start = CAST($week_start AS DATE)
  AND ($platform = '' OR platform = $platform)
  AND ($profile_id = '' OR profile_id = $profile_id)
ORDER BY platform, kind, abs(deviations) DESC, q_value, profile_id, what
