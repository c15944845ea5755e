-- A row is a rule that records of one source broke, with one example: the first
-- such record of the first file. A file that raw.files does not know keeps NULL.
SELECT
    files.source,
    broken.contract,
    broken.rule,
    count(*) AS records,
    count(DISTINCT broken.file_id) AS files,
    arg_min(broken.message, (files.ingest_number, broken.file_id, broken.row_number))
        AS example_message
FROM raw.quarantine AS broken
LEFT JOIN raw.files AS files USING (file_id)
GROUP BY files.source, broken.contract, broken.rule
ORDER BY records DESC, files.source, broken.contract, broken.rule
