-- A row is a stored picture (not a video) that the code $measures_id has not measured yet, or did
-- not find in the media folder.
SELECT media_id AS content_hash, min(path) AS path
FROM core.media
WHERE mime_type LIKE 'image/%'
  AND media_id NOT IN (
      SELECT content_hash
      FROM content.images
      WHERE measures_id = $measures_id AND reason IS DISTINCT FROM 'gone'
  )
GROUP BY media_id
ORDER BY content_hash
