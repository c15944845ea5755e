-- A row is a profile's use of a hashtag in a post of $platform of known time.
SELECT DISTINCT item_id, profile_id, adopted_at
FROM (
    SELECT unnest(hashtags) AS item_id, profile_id, posted_at AS adopted_at
    FROM core.posts
    WHERE platform = $platform AND is_posted_at_known
)
WHERE item_id <> ''
