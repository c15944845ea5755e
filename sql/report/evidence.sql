-- A row is one of the ten newest pieces of evidence about profiles, each by the last week that told
-- of it; of one week the strongest of each kind come first. pieces is how many there are in all.
WITH newest AS (
    SELECT *
    FROM marts.authenticity_evidence_weekly
    QUALIFY
        row_number() OVER (
            PARTITION BY platform, profile_id, kind, what ORDER BY week_start DESC
        ) = 1
),
ranked AS (
    SELECT
        *,
        count(*) OVER () AS pieces,
        row_number() OVER (
            PARTITION BY week_start, kind
            ORDER BY
                strength DESC, abs(deviations) DESC NULLS LAST, q_value, platform, profile_id, what
        ) AS place
    FROM newest
),
top AS (
    SELECT * FROM ranked
    ORDER BY week_start DESC, place, kind
    LIMIT 10
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN top USING (platform, profile_id)
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
)
SELECT
    platform,
    profile_id,
    names.handle,
    top.week_start,
    top.first_day,
    top.last_day,
    top.kind AS evidence_kind,
    top.evidence,
    top.pieces
FROM top
LEFT JOIN names USING (platform, profile_id)
ORDER BY top.week_start DESC, top.place, top.kind
