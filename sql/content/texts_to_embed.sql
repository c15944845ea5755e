-- A row is a distinct text of a post that has no vector under the encoder $encoder_id yet, and
-- how long it takes to encode: about as long as it is, up to where it is cut.
SELECT sha256(text) AS content_hash, any_value(text) AS item, least(any_value(strlen(text)), 600) AS work
FROM core.posts
WHERE trim(text) <> ''
  AND sha256(text) NOT IN (
      SELECT content_hash FROM content.text_embeddings WHERE encoder_id = $encoder_id
  )
GROUP BY content_hash
ORDER BY content_hash
