-- A row is a profile's part in a thread of replies and comments on $platform, the first author's
-- own included. Exports say whom a reply speaks to, and seldom to which post: it is taken to
-- answer the last post of that profile before it, if that is at most $window_days days old. Of
-- several profiles that it speaks to it answers the one who wrote last. A reply to a reply belongs
-- to the thread of the first post.
WITH RECURSIVE posts AS (
    SELECT post_id, profile_id, posted_at FROM core.posts WHERE platform = $platform AND is_posted_at_known
),
replies AS (
    SELECT
        i.post_id AS reply_id,
        i.source_id,
        i.target_id,
        -- Some exports give the post that is answered, not the reply's own.
        coalesce(p.profile_id <> i.source_id, false) AS is_told,
        CASE WHEN p.profile_id = i.source_id THEN p.posted_at ELSE i.occurred_at END AS replied_at,
        p.posted_at
    FROM core.interactions AS i
    LEFT JOIN posts AS p USING (post_id)
    WHERE i.platform = $platform AND i.kind IN ('reply', 'comment')
      AND i.is_occurred_at_known AND i.source_id <> i.target_id AND i.post_id IS NOT NULL
),
-- Of posts of one moment the one with the largest id.
moments AS (
    SELECT profile_id, posted_at, max(post_id) AS post_id FROM posts GROUP BY profile_id, posted_at
),
guessed AS (
    SELECT r.reply_id, r.source_id, r.target_id, r.replied_at, m.post_id AS parent_post
    FROM (FROM replies WHERE NOT is_told) AS r
    ASOF JOIN moments AS m ON m.profile_id = r.target_id AND r.replied_at > m.posted_at
    WHERE r.replied_at <= m.posted_at + to_days($window_days)
    QUALIFY row_number() OVER (
        PARTITION BY r.reply_id, r.source_id ORDER BY m.posted_at DESC, r.target_id, r.replied_at
    ) = 1
),
answers AS (
    FROM guessed
    UNION ALL BY NAME
    SELECT reply_id AS parent_post, source_id, target_id, replied_at FROM replies WHERE is_told AND replied_at > posted_at
),
-- Each answers an earlier post, so there are no circles.
threads AS (
    SELECT DISTINCT parent_post AS post_id, parent_post AS root_post
    FROM answers
    WHERE parent_post NOT IN (SELECT reply_id FROM guessed)
    UNION ALL
    SELECT g.reply_id, t.root_post
    FROM guessed AS g
    JOIN threads AS t ON g.parent_post = t.post_id
),
members AS (
    SELECT t.root_post, p.profile_id AS root_id, p.posted_at, a.source_id, a.target_id, a.replied_at
    FROM answers AS a
    JOIN threads AS t ON t.post_id = a.parent_post
    JOIN posts AS p ON p.post_id = t.root_post
    WHERE a.source_id <> p.profile_id
)
SELECT
    root_post AS item_id,
    posted_at AS started_at,
    source_id AS profile_id,
    false AS is_root,
    replied_at AS adopted_at,
    epoch(replied_at - posted_at) AS after_s,
    target_id AS parent_id
FROM members
UNION ALL BY NAME
SELECT DISTINCT
    root_post AS item_id,
    posted_at AS started_at,
    root_id AS profile_id,
    true AS is_root,
    posted_at AS adopted_at,
    CAST(0 AS DOUBLE) AS after_s,
    CAST(NULL AS VARCHAR) AS parent_id
FROM members
