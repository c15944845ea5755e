-- A row is a post, with the hash of its text (NULL without one).
SELECT platform, post_id, posted_at, sha256(text) AS content_hash
FROM core.posts
