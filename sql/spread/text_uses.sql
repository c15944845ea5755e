-- A row is a post of $platform of known time, with the hash of its text.
SELECT sha256(text) AS content_hash, profile_id, posted_at AS adopted_at
FROM core.posts
WHERE platform = $platform AND is_posted_at_known AND text IS NOT NULL
