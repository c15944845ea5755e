-- A row is a distinct text of a post that has no vector under the encoder $encoder_id yet.
SELECT sha256(text) AS content_hash, any_value(text) AS text
FROM core.posts
WHERE trim(text) <> ''
  AND sha256(text) NOT IN (
      SELECT content_hash FROM content.text_embeddings WHERE encoder_id = $encoder_id
  )
GROUP BY content_hash
ORDER BY content_hash
