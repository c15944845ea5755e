-- A row is a picture with its vector under the encoder $encoder_id.
SELECT content_hash, vector
FROM content.image_embeddings
WHERE encoder_id = $encoder_id
ORDER BY content_hash
