-- A row is one stored image or video of a post; the file that came in last wins a position.
SELECT
    arg_max(r.media_id, f.ingest_number) AS media_id,
    r.platform,
    r.post_id,
    r.posted_date,
    r.position,
    arg_max(r.mime_type, f.ingest_number) AS mime_type,
    arg_max(r.width_px, f.ingest_number) AS width_px,
    arg_max(r.height_px, f.ingest_number) AS height_px,
    arg_max(r.path, f.ingest_number) AS path
FROM raw.media AS r
JOIN raw.files AS f USING (file_id)
WHERE r.posted_date BETWEEN $first_day AND $last_day
GROUP BY r.platform, r.post_id, r.posted_date, r.position
