-- A row is a picture to show as an example: as if drawn at random, and the same ones each time.
SELECT thumbnail_path
FROM content.images
WHERE status = 'ok'
ORDER BY content_hash
LIMIT $count
