-- A row is one stored image or video of a post. The file that came in last wins a position, as
-- a whole: the size of one picture never joins the path of another. A post that moved to
-- another day takes its media along.
WITH wanted AS (
    SELECT DISTINCT platform, post_id
    FROM raw.media
    WHERE posted_date BETWEEN $first_day AND $last_day
)
SELECT
    r.media_id,
    r.platform,
    r.post_id,
    r.posted_date,
    r.position,
    r.mime_type,
    r.width_px,
    r.height_px,
    r.path
FROM raw.media AS r
SEMI JOIN wanted USING (platform, post_id)
JOIN raw.files AS f USING (file_id)
QUALIFY row_number() OVER (
    PARTITION BY r.platform, r.post_id, r.position
    ORDER BY f.ingest_number DESC, r.row_number DESC
) = 1
AND r.posted_date BETWEEN $first_day AND $last_day
