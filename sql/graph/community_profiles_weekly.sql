-- A row is a community of five members or more in one week, described by its members, by their
-- ties as of that week, and by their posts of the $memory_weeks weeks up to its end. A member that
-- is in it by likeness alone has no tie and no centrality.
WITH outer_ties AS (
    SELECT
        week_start, platform, profile_id,
        -- In a fixed order: sums of fractions differ in the last digit with the order.
        sum(weight ORDER BY weight) AS outside
    FROM (
        SELECT e.week_start, e.platform, unnest([e.source_id, e.target_id]) AS profile_id, e.weight
        FROM graph.edges_weekly AS e
        JOIN graph.communities_weekly AS a
            ON a.week_start = e.week_start AND a.platform = e.platform
            AND a.profile_id = e.source_id
        JOIN graph.communities_weekly AS b
            ON b.week_start = e.week_start AND b.platform = e.platform
            AND b.profile_id = e.target_id
        WHERE e.week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
            AND a.community_id <> b.community_id
    )
    GROUP BY week_start, platform, profile_id
),
members AS (
    SELECT
        m.week_start, m.platform, m.profile_id, m.community_id, m.group_id, c.pagerank, o.outside,
        m.week_start + 7 - 7 * $memory_weeks AS first_week
    FROM graph.communities_weekly AS m
    LEFT JOIN graph.profile_centrality_weekly AS c USING (week_start, platform, profile_id)
    LEFT JOIN outer_ties AS o USING (week_start, platform, profile_id)
    WHERE m.week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
        AND m.community_size >= 5
),
led AS (
    SELECT
        week_start, platform, community_id,
        any_value(group_id) AS group_id,
        count(*) AS size,
        list(profile_id ORDER BY pagerank DESC NULLS LAST, profile_id)[:5] AS leader_ids,
        list(profile_id ORDER BY outside DESC, profile_id) FILTER (outside > 0) AS broker_ids
    FROM members
    GROUP BY week_start, platform, community_id
),
tied AS (
    SELECT
        week_start, platform, community_id,
        -- In a fixed order: sums of fractions differ in the last digit with the order.
        coalesce(sum(weight) FILTER (other_id = community_id), 0)
            / sum(weight ORDER BY other_id) AS cohesion,
        list(other_id ORDER BY weight DESC, other_id) FILTER (other_id <> community_id) AS bridge_ids,
        list(weight ORDER BY weight DESC, other_id) FILTER (other_id <> community_id)
            AS bridge_weights
    FROM graph.community_ties_weekly
    WHERE week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
    GROUP BY week_start, platform, community_id
),
told AS (
    SELECT
        week_start, platform, community_id,
        list(word ORDER BY place) FILTER (kind = 'hashtag') AS hashtags,
        list(word ORDER BY place) FILTER (kind = 'term') AS terms
    FROM graph.community_words_weekly
    WHERE week_start BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE) AND place <= 10
    GROUP BY week_start, platform, community_id
),
posts AS (
    SELECT
        m.week_start, m.platform, m.community_id, p.post_id, p.language, hour(p.posted_at) AS hour,
        -- Exactly midnight is a day without an hour.
        p.posted_at <> p.posted_date AS has_hour
    FROM members AS m
    JOIN core.posts AS p
        ON p.platform = m.platform AND p.profile_id = m.profile_id AND p.is_posted_at_known
        AND p.posted_date BETWEEN m.first_week AND m.week_start + 6
),
hours AS (
    SELECT
        week_start, platform, community_id,
        any_value(posts) AS posts,
        list(n ORDER BY hour) AS posts_by_hour_utc
    FROM (
        SELECT
            week_start, platform, community_id, h.hour, count(*) AS posts,
            count(*) FILTER (has_hour AND posts.hour = h.hour) AS n
        FROM posts
        CROSS JOIN (SELECT unnest(range(24)) AS hour) AS h
        GROUP BY week_start, platform, community_id, h.hour
    )
    GROUP BY week_start, platform, community_id
),
-- The country that a profile last stated by the end of the week.
homes AS (
    SELECT m.week_start, m.platform, m.community_id, m.profile_id, s.country
    FROM members AS m
    ASOF JOIN (
        SELECT platform, profile_id, observed_date, arg_max(country, observed_at) AS country
        FROM core.profile_snapshots
        WHERE country IS NOT NULL
        GROUP BY platform, profile_id, observed_date
    ) AS s
        ON s.platform = m.platform AND s.profile_id = m.profile_id
        AND m.week_start + 6 >= s.observed_date
),
shares AS (
    SELECT
        *, n / sum(n) OVER (PARTITION BY kind, week_start, platform, community_id) AS share
    FROM (
        SELECT 'language' AS kind, week_start, platform, community_id, language AS value, count(*) AS n
        FROM posts
        WHERE language IS NOT NULL
        GROUP BY ALL
        UNION ALL
        SELECT 'country', week_start, platform, community_id, country, count(*)
        FROM homes
        GROUP BY ALL
    )
),
mixed AS (
    SELECT
        week_start, platform, community_id,
        list(value ORDER BY share DESC, value) FILTER (kind = 'language') AS languages,
        list(share ORDER BY share DESC, value) FILTER (kind = 'language') AS language_shares,
        list(value ORDER BY share DESC, value) FILTER (kind = 'country') AS countries,
        list(share ORDER BY share DESC, value) FILTER (kind = 'country') AS country_shares
    FROM shares
    GROUP BY week_start, platform, community_id
),
-- What had been read of the posts by the end of the week; a post that nobody read tells nothing.
readings AS (
    SELECT
        p.week_start, p.platform, p.community_id, p.post_id,
        arg_max(
            coalesce(r.likes, 0) + coalesce(r.comments, 0) + coalesce(r.shares, 0)
                + coalesce(r.saves, 0),
            r.observed_at
        ) AS engagement
    FROM posts AS p
    JOIN core.post_metrics AS r
        ON r.platform = p.platform AND r.post_id = p.post_id
        AND r.observed_date <= p.week_start + 6
        AND coalesce(r.likes, r.comments, r.shares, r.saves) IS NOT NULL
    GROUP BY p.week_start, p.platform, p.community_id, p.post_id
),
done AS (
    SELECT week_start, platform, community_id, sum(engagement) / count(*) AS engagement_per_post
    FROM readings
    GROUP BY week_start, platform, community_id
)
SELECT
    l.week_start,
    l.platform,
    l.community_id,
    l.group_id,
    CASE
        WHEN len(w.hashtags) > 0
            THEN array_to_string(list_transform(w.hashtags[:3], lambda tag: '#' || tag), ' ')
        WHEN len(w.terms) > 0 THEN array_to_string(w.terms[:3], ', ')
        ELSE 'around ' || l.leader_ids[1]
    END AS label,
    l.size,
    l.leader_ids,
    coalesce(w.hashtags, []) AS hashtags,
    coalesce(w.terms, []) AS terms,
    coalesce(x.languages[:5], []) AS languages,
    coalesce(x.language_shares[:5], []) AS language_shares,
    coalesce(x.countries[:5], []) AS countries,
    coalesce(x.country_shares[:5], []) AS country_shares,
    coalesce(h.posts, 0) AS posts,
    coalesce(h.posts_by_hour_utc, []) AS posts_by_hour_utc,
    d.engagement_per_post,
    t.cohesion,
    coalesce(t.bridge_ids[:5], []) AS bridge_ids,
    coalesce(t.bridge_weights[:5], []) AS bridge_weights,
    coalesce(l.broker_ids[:3], []) AS broker_ids
FROM led AS l
LEFT JOIN tied AS t USING (week_start, platform, community_id)
LEFT JOIN told AS w USING (week_start, platform, community_id)
LEFT JOIN hours AS h USING (week_start, platform, community_id)
LEFT JOIN mixed AS x USING (week_start, platform, community_id)
LEFT JOIN done AS d USING (week_start, platform, community_id)
