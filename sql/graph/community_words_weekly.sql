-- A row is a hashtag or a term that tells a community of a week from the others: one of its 20 best
-- by class-based TF-IDF (Grootendorst 2022) over the posts of $memory_weeks weeks up to its end.
WITH spans AS (
    SELECT
        week_start, platform, profile_id, community_id,
        week_start + 7 - 7 * $memory_weeks AS first_week
    FROM graph.communities_weekly
    WHERE week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
        AND community_size >= 5
),
posts AS (
    SELECT
        platform, profile_id, text, hashtags,
        CAST(date_trunc('week', posted_date) AS DATE) AS posted_week
    FROM core.posts
    WHERE is_posted_at_known
        AND posted_date BETWEEN CAST($first_day AS DATE) + 7 - 7 * $memory_weeks
        AND CAST($last_day AS DATE) + 6
),
-- Words of texts without links, names and hashtags. Each counts once for a post.
said AS (
    SELECT platform, profile_id, posted_week, 'hashtag' AS kind, unnest(list_distinct(hashtags)) AS word
    FROM posts
    UNION ALL
    SELECT
        platform, profile_id, posted_week, 'term',
        unnest(list_distinct(regexp_extract_all(
            regexp_replace(lower(text), 'https?://\S+|[@#]\S+', ' ', 'g'), '[\p{L}\p{M}]{3,}'
        )))
    FROM posts
),
counted AS (
    SELECT platform, profile_id, posted_week, kind, word, count(*) AS n
    FROM said
    GROUP BY platform, profile_id, posted_week, kind, word
),
used AS (
    SELECT
        s.week_start, s.platform, s.community_id, c.kind, c.word,
        CAST(sum(c.n) AS BIGINT) AS posts, count(DISTINCT s.profile_id) AS profiles
    FROM spans AS s
    JOIN counted AS c
        ON c.platform = s.platform AND c.profile_id = s.profile_id
        AND c.posted_week BETWEEN s.first_week AND s.week_start
    GROUP BY s.week_start, s.platform, s.community_id, c.kind, c.word
),
communities AS (
    SELECT week_start, platform, kind, count(DISTINCT community_id) AS communities
    FROM used
    GROUP BY week_start, platform, kind
),
weighed AS (
    SELECT
        used.*,
        communities,
        posts / sum(posts) OVER own
            * ln(1 + sum(posts) OVER whole / communities / sum(posts) OVER word) AS score,
        count(*) OVER word AS spread
    FROM used
    JOIN communities USING (week_start, platform, kind)
    WINDOW
        own AS (PARTITION BY week_start, platform, kind, community_id),
        whole AS (PARTITION BY week_start, platform, kind),
        word AS (PARTITION BY week_start, platform, kind, word)
)
SELECT
    week_start,
    platform,
    community_id,
    kind,
    word,
    row_number() OVER (
        PARTITION BY week_start, platform, community_id, kind ORDER BY score DESC, word
    ) AS place,
    posts,
    profiles,
    score
FROM weighed
-- A word of one member alone does not speak for a community, nor does one that most of them use.
WHERE profiles > 1 AND (communities < 4 OR 2 * spread <= communities)
QUALIFY place <= 20
