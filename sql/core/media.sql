-- A row is one stored image or video of a post. The largest picture wins a position, as a whole:
-- the size of one never joins the path of another. A post that moved takes its media along: they
-- stand on the last of the days that files give it.
WITH wanted AS (
    SELECT DISTINCT platform, post_id
    FROM raw.media
    WHERE posted_date BETWEEN $first_day AND $last_day
),
ranked AS (
    SELECT
        r.* EXCLUDE (file_id, row_number, posted_date),
        max(r.posted_date) OVER (PARTITION BY r.platform, r.post_id) AS posted_date,
        row_number() OVER (
            PARTITION BY r.platform, r.post_id, r.position
            ORDER BY r.width_px * r.height_px DESC NULLS LAST, r.media_id, r.path, r.mime_type
        ) AS place
    FROM raw.media AS r
    SEMI JOIN wanted USING (platform, post_id)
)
SELECT * EXCLUDE (place)
FROM ranked
WHERE place = 1 AND posted_date BETWEEN $first_day AND $last_day
