-- A row is one of the 20 posts per platform whose likes stand out the most against the
-- median of their author's posts, by the last observation of each. Authors with fewer than
-- five such posts or a median under 10 likes are left out, since chance alone makes large
-- ratios there; an author has at most two rows, so that one does not fill the list.
WITH liked AS (
    SELECT platform, post_id, arg_max(likes, observed_at) AS likes
    FROM core.post_metrics
    WHERE likes IS NOT NULL
    GROUP BY platform, post_id
),
authored AS (
    SELECT posts.platform, posts.profile_id, posts.post_id, liked.likes
    FROM core.posts AS posts
    JOIN liked USING (platform, post_id)
),
usual AS (
    SELECT platform, profile_id, median(likes) AS median_likes, count(*) AS author_posts
    FROM authored
    GROUP BY platform, profile_id
    HAVING count(*) >= 5 AND median(likes) >= 10
),
ranked AS (
    SELECT authored.*, usual.median_likes, usual.author_posts,
        authored.likes / usual.median_likes AS ratio
    FROM authored
    JOIN usual USING (platform, profile_id)
    WHERE authored.likes > usual.median_likes
    QUALIFY
        row_number() OVER (
            PARTITION BY platform, profile_id ORDER BY ratio DESC, authored.post_id
        ) <= 2
),
top AS (
    SELECT *, row_number() OVER (PARTITION BY platform ORDER BY ratio DESC, post_id) AS place
    FROM ranked
    QUALIFY place <= 20
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN top USING (platform, profile_id)
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
)
SELECT
    platform,
    top.place,
    post_id,
    profile_id,
    names.handle,
    posts.posted_at,
    posts.kind,
    left(posts.text, 280) AS text,
    posts.url,
    top.likes,
    top.median_likes,
    top.author_posts,
    top.ratio
FROM top
JOIN core.posts AS posts USING (platform, post_id, profile_id)
LEFT JOIN names USING (platform, profile_id)
ORDER BY platform, place
