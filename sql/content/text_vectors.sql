-- A row is the vector of a distinct text under the encoder $encoder_id. Read in parts, so that not
-- all vectors are in memory at once: those whose content_hash begins with $first_digits.
SELECT content_hash, vector
FROM content.text_embeddings
WHERE encoder_id = $encoder_id
  AND starts_with(content_hash, $first_digits)
ORDER BY content_hash
