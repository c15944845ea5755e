-- A row is a week for which evidence was looked for, whether or not there was any.
SELECT CAST(partition_key AS DATE) AS week_start
FROM meta.partitions
WHERE table_name = 'marts.authenticity_evidence_weekly'
ORDER BY week_start
