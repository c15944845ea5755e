-- A row is a picture that could be read, with what tells whether another is nearly the same.
SELECT content_hash, perceptual_hash, contrast
FROM content.images
WHERE status = 'ok' AND perceptual_hash IS NOT NULL
