-- A row is a distinct text of the posts of $platform of known time.
SELECT sha256(text) AS content_hash, min(text) AS text
FROM core.posts
WHERE platform = $platform AND is_posted_at_known AND text IS NOT NULL
GROUP BY content_hash
