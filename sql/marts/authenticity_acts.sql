-- A row is a thing that a post says, from $window_days before the end of the first week to the end of
-- the last: its text in letters and digits alone (without links and handles, at least 30 bytes
-- long), each of its links, or its set of hashtags (at least three). Reposts say nothing of their
-- own. A time of exactly midnight is a day without a time: within minutes of it is nobody.
WITH posts AS (
    SELECT platform, profile_id, post_id, posted_at, text, hashtags
    FROM core.posts
    WHERE posted_date BETWEEN CAST($first_day AS DATE) + 7 - $window_days AND CAST($last_day AS DATE) + 6
      AND is_posted_at_known
      AND posted_at <> CAST(posted_at AS DATE)
      AND kind IS DISTINCT FROM 'repost'
),
raw_links AS (
    SELECT
        * EXCLUDE (text, hashtags),
        unnest(regexp_extract_all(text, '(?i)https?://(?:www\.)?([^\s<>"]*[^\s<>".,:!?)/])', 1)) AS link
    FROM posts
),
links AS (
    SELECT * REPLACE (
        -- What a link is counted by, and where in the page it points, does not make it another.
        regexp_replace(
            regexp_replace(
                regexp_replace(link, '#.*$', ''), '([?&])((utm_|fbclid|igshid|si=)[^&]*(&|$))+', '\1', 'g'
            ),
            '[?&/]+$', ''
        ) AS link
    )
    FROM raw_links
),
said AS (
    SELECT
        * EXCLUDE (text, hashtags),
        'text' AS what,
        regexp_replace(
            regexp_replace(lower(text), 'https?://\S+|www\.\S+|@[\w.]+', ' ', 'g'), '[^\p{L}\p{N}]+', '', 'g'
        ) AS thing
    FROM posts
    UNION ALL
    SELECT
        * EXCLUDE (link),
        'link' AS what,
        lower(regexp_extract(link, '^[^/?]*')) || regexp_extract(link, '^[^/?]*(.*)$', 1) AS thing
    FROM links
    UNION ALL
    SELECT
        * EXCLUDE (text, hashtags),
        'hashtags' AS what,
        array_to_string(list_sort(list_distinct(hashtags)), ' ') AS thing
    FROM posts
    WHERE len(list_distinct(hashtags)) >= 3
)
SELECT DISTINCT platform, profile_id, post_id, posted_at, what, hash(thing) AS thing
FROM said
WHERE what <> 'text' OR strlen(thing) >= 30
ORDER BY platform, what, posted_at, post_id, thing
