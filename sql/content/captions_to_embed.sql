-- A row is a distinct text of a post with a picture that has a vector, while the text has none yet
-- under the encoder $encoder_id, and how long it takes to encode: texts are cut and filled up to
-- one length.
SELECT sha256(text) AS content_hash, any_value(text) AS item, 1 AS work
FROM core.posts
SEMI JOIN (
    SELECT platform, post_id
    FROM core.media
    JOIN content.image_embeddings ON content_hash = media_id
) USING (platform, post_id)
WHERE trim(text) <> ''
  AND sha256(text) NOT IN (
      SELECT content_hash FROM content.caption_embeddings WHERE encoder_id = $encoder_id
  )
GROUP BY content_hash
ORDER BY content_hash
