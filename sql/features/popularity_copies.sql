-- A row is a post of a platform that is a copy, or has one, with its group.
SELECT post_id, group_id
FROM content.near_duplicates
WHERE platform = $platform
