-- A row is the vector of one of the pictures $hashes.
SELECT content_hash, vector
FROM content.image_embeddings
WHERE content_hash IN (SELECT unnest($hashes))
