-- A row is one of the eight commonest topics of the last eight weeks with topics in one of the last
-- 26 of them, with its share of the week's posts; a week in which it was none of the topics counts
-- as no share. `place` is 1 for the commonest.
WITH weeks AS (
    SELECT week_start, row_number() OVER (ORDER BY week_start DESC) AS back
    FROM (SELECT DISTINCT week_start FROM content.topics_weekly)
    QUALIFY back <= 26
),
named AS (
    SELECT topic_id, arg_max(label, week_start) AS label, sum(posts) AS posts
    FROM content.topics_weekly
    JOIN weeks USING (week_start)
    WHERE back <= 8
    GROUP BY topic_id
),
top AS (
    SELECT *, row_number() OVER (ORDER BY posts DESC, topic_id) AS place
    FROM named
    QUALIFY place <= 8
)
SELECT
    w.week_start, top.place, top.topic_id, top.label,
    coalesce(t.share, 0) AS share,
    coalesce(t.posts, 0) AS posts
FROM weeks AS w
CROSS JOIN top
LEFT JOIN content.topics_weekly AS t
    ON t.week_start = w.week_start AND t.topic_id = top.topic_id
ORDER BY w.week_start, top.place
