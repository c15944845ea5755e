-- A row is a file that was turned away whole, with the reason; the 50 newest.
SELECT source, path, bytes, message, ingested_at
FROM raw.files
WHERE status = 'refused'
ORDER BY ingest_number DESC, file_id
LIMIT 50
