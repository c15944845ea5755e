-- A row is a distinct picture that can be read and has no vector under the encoder $encoder_id yet:
-- its path below the home's media folder, and how long it takes to encode: each as long as another.
SELECT media_id AS content_hash, min(m.path) AS item, 1 AS work
FROM core.media AS m
JOIN content.images AS i ON i.content_hash = m.media_id
WHERE i.status = 'ok'
  AND media_id NOT IN (
      SELECT content_hash FROM content.image_embeddings WHERE encoder_id = $encoder_id
  )
GROUP BY media_id
ORDER BY media_id
