-- A row is a profile's week, Monday to Sunday. A day without a snapshot is missing and not 0:
-- sums run over the observed days, and days_observed tells how many those were.
WITH days AS (
    -- Several readings on one day are one observed day, and the last of them counts.
    SELECT
        platform,
        profile_id,
        observed_date,
        arg_max(followers, observed_at) AS followers,
        arg_max(engagement, observed_at) AS engagement,
        arg_max(reach, observed_at) AS reach,
        arg_max(impressions, observed_at) AS impressions
    FROM core.profile_snapshots
    -- One week more than is asked for: followers_change looks at the week before.
    WHERE observed_date BETWEEN CAST($first_day AS DATE) - 7 AND CAST($last_day AS DATE) + 6
    GROUP BY platform, profile_id, observed_date
),
observed AS (
    SELECT
        platform,
        profile_id,
        CAST(date_trunc('week', observed_date) AS DATE) AS week_start,
        arg_max(followers, observed_date) AS followers_end,
        sum(engagement ORDER BY observed_date) AS engagement,
        CAST(sum(reach) AS BIGINT) AS reach,
        CAST(sum(impressions) AS BIGINT) AS impressions,
        count(*) AS days_observed
    FROM days
    GROUP BY ALL
),
latest AS (
    SELECT
        platform,
        post_id,
        arg_max(coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0) + coalesce(saves, 0),
                observed_at) FILTER (coalesce(likes, comments, shares, saves) IS NOT NULL) AS engagement
    FROM core.post_metrics
    GROUP BY platform, post_id
),
published AS (
    SELECT
        p.platform,
        p.profile_id,
        CAST(date_trunc('week', p.posted_date) AS DATE) AS week_start,
        count(*) AS posts,
        count(l.engagement) AS posts_counted,
        sum(l.engagement) AS engagement
    FROM core.posts AS p
    LEFT JOIN latest AS l USING (platform, post_id)
    WHERE p.posted_date BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE) + 6
      -- In which week a post falls whose time is only a bound, nobody knows.
      AND p.is_posted_at_known
    GROUP BY ALL
),
weeks AS (
    SELECT
        platform,
        profile_id,
        week_start,
        o.followers_end,
        p.posts,
        coalesce(o.engagement, p.engagement) AS engagement,
        -- A post whose counts nobody read does not weigh as one without any engagement.
        CASE WHEN o.engagement IS NOT NULL THEN o.engagement / p.posts
             ELSE p.engagement / nullif(p.posts_counted, 0) END AS engagement_per_post,
        o.reach,
        o.impressions,
        coalesce(o.days_observed, 0) AS days_observed
    FROM observed AS o
    FULL JOIN published AS p USING (platform, profile_id, week_start)
)
SELECT
    w.platform,
    w.profile_id,
    w.week_start,
    w.followers_end,
    w.followers_end - b.followers_end AS followers_change,
    w.posts,
    w.engagement,
    w.engagement_per_post,
    w.reach,
    w.impressions,
    w.days_observed
FROM weeks AS w
LEFT JOIN observed AS b
    ON b.platform = w.platform AND b.profile_id = w.profile_id AND b.week_start = w.week_start - 7
WHERE w.week_start BETWEEN $first_day AND $last_day
