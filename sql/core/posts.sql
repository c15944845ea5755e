-- A row is a post, merged over all files, whatever their order. Column by column the newest
-- statement wins, one whose time of reading is known before one where it is only a bound; a
-- statement that leaves a column empty does not erase another; of two at the same time the
-- larger value counts. A post stands on one day only, that of its posted_at: the newest that is
-- stated, else the earliest bound.
WITH wanted AS (
    SELECT DISTINCT platform, post_id
    FROM raw.posts
    WHERE posted_date BETWEEN $first_day AND $last_day
),
stated AS (
    -- What is stated again in the same words, without a time of reading, was known at the first.
    SELECT
        r.* EXCLUDE (file_id, row_number, posted_date, observed_at),
        CASE WHEN is_observed_at_known THEN observed_at END AS read_at,
        min(observed_at) AS observed_at
    FROM raw.posts AS r
    SEMI JOIN wanted USING (platform, post_id)
    GROUP BY ALL
),
at_one_time AS (
    SELECT
        platform,
        post_id,
        max(profile_id) AS profile_id,
        max(posted_at) FILTER (is_posted_at_known) AS posted_at,
        min(posted_at) AS posted_at_bound,
        max(kind) AS kind,
        max(text) AS text,
        max(hashtags) AS hashtags,
        max(mentions) AS mentions,
        max(tagged_profile_ids) AS tagged_profile_ids,
        max(language) AS language,
        max(category) AS category,
        max(media_count) AS media_count,
        max(duration_s) AS duration_s,
        bool_or(is_sponsored) AS is_sponsored,
        max(url) AS url,
        row_number() OVER (
            PARTITION BY platform, post_id ORDER BY is_observed_at_known, observed_at
        ) AS newness
    FROM stated
    GROUP BY platform, post_id, is_observed_at_known, observed_at
),
merged AS (
    -- arg_max passes over rows whose first argument is NULL.
    SELECT
        platform,
        post_id,
        arg_max(profile_id, newness) AS profile_id,
        coalesce(arg_max(posted_at, newness), min(posted_at_bound)) AS posted_at,
        count(posted_at) > 0 AS is_posted_at_known,
        arg_max(kind, newness) AS kind,
        arg_max(text, newness) AS text,
        arg_max(hashtags, newness) AS hashtags,
        arg_max(mentions, newness) AS mentions,
        arg_max(tagged_profile_ids, newness) AS tagged_profile_ids,
        arg_max(language, newness) AS language,
        arg_max(category, newness) AS category,
        arg_max(media_count, newness) AS media_count,
        arg_max(duration_s, newness) AS duration_s,
        arg_max(is_sponsored, newness) AS is_sponsored,
        arg_max(url, newness) AS url
    FROM at_one_time
    GROUP BY platform, post_id
)
SELECT *, CAST(posted_at AS DATE) AS posted_date
FROM merged
WHERE CAST(posted_at AS DATE) BETWEEN $first_day AND $last_day
