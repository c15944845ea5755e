-- A row is a distinct text of a post that was not measured by $measured_by yet, and how long that
-- takes: about as long as it is.
SELECT sha256(text) AS content_hash, any_value(text) AS item, any_value(strlen(text)) AS work
FROM core.posts
WHERE trim(text) <> ''
  AND sha256(text) NOT IN (
      SELECT content_hash FROM content.texts WHERE measured_by = $measured_by
  )
GROUP BY content_hash
ORDER BY content_hash
