-- A row is one of the 20 commonest topics of the last four weeks with topics: how much of them it is,
-- how much it was in the four before (NULL where there are none), who posts about it, and up to
-- three of its texts.
WITH weeks AS (
    SELECT week_start, row_number() OVER (ORDER BY week_start DESC) AS back
    FROM (SELECT DISTINCT week_start FROM content.topics_weekly)
    QUALIFY back <= 8
),
volumes AS (
    SELECT (back + 3) // 4 AS span, count(*) AS posts
    FROM content.post_topics_weekly
    JOIN weeks USING (week_start)
    GROUP BY span
),
counted AS (
    SELECT
        t.topic_id,
        arg_max(t.label, t.week_start) AS label,
        arg_max(t.platforms, t.week_start) AS platforms,
        arg_max(t.texts, t.week_start) AS texts,
        arg_max(t.examples, t.week_start) FILTER (w.back <= 4) AS examples,
        min(t.week_start) AS first_week,
        coalesce(sum(t.posts) FILTER (w.back <= 4), 0) AS posts,
        coalesce(sum(t.posts) FILTER (w.back > 4), 0) AS posts_before
    FROM content.topics_weekly AS t
    JOIN weeks AS w USING (week_start)
    GROUP BY t.topic_id
),
top AS (
    SELECT
        c.*,
        c.posts / v.posts AS share,
        c.posts_before / b.posts AS share_before,
        row_number() OVER (ORDER BY c.posts DESC, c.topic_id) AS place
    FROM counted AS c
    JOIN volumes AS v ON v.span = 1
    LEFT JOIN volumes AS b ON b.span = 2
    WHERE c.posts > 0
    QUALIFY place <= 20
),
shown AS (
    SELECT topic_id, list(text ORDER BY place) AS example_texts
    FROM (
        SELECT
            top.topic_id, unnest(examples[:3]) AS content_hash,
            generate_subscripts(examples[:3], 1) AS place
        FROM top
    )
    JOIN (
        SELECT sha256(text) AS content_hash, any_value(text) AS text
        FROM core.posts
        WHERE text IS NOT NULL
        GROUP BY content_hash
    ) USING (content_hash)
    GROUP BY topic_id
)
SELECT
    top.place, top.topic_id, top.label, top.platforms, top.texts, CAST(top.posts AS BIGINT) AS posts,
    top.share, top.share_before, coalesce(shown.example_texts, []) AS example_texts
FROM top
LEFT JOIN shown USING (topic_id)
ORDER BY top.place
