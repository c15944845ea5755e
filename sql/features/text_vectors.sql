-- A row is the vector of a text of a platform's posts under the encoder $encoder_id.
SELECT content_hash, vector
FROM content.text_embeddings
WHERE encoder_id = $encoder_id
  AND content_hash IN (SELECT sha256(text) FROM core.posts WHERE platform = $platform)
