-- A row is the vector of a text of a platform's posts.
SELECT content_hash, vector
FROM content.text_embeddings
WHERE content_hash IN (SELECT sha256(text) FROM core.posts WHERE platform = $platform)
