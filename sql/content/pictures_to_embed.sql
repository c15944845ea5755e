-- A row is a distinct stored picture that has no vector under the encoder $encoder_id yet: its
-- path below the home's media folder, and how long it takes to encode: each as long as another.
SELECT media_id AS content_hash, any_value(path) AS item, 1 AS work
FROM core.media
WHERE mime_type LIKE 'image/%'
  AND media_id NOT IN (
      SELECT content_hash FROM content.image_embeddings WHERE encoder_id = $encoder_id
  )
GROUP BY content_hash
ORDER BY content_hash
