-- A row is a distinct text of posts, on any platform.
SELECT sha256(text) AS content_hash, min(text) AS text
FROM core.posts
WHERE text IS NOT NULL
GROUP BY content_hash
