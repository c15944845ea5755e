-- A row is a platform that has posts whose time is known, with their number.
SELECT platform, count(*) AS posts FROM core.posts WHERE is_posted_at_known GROUP BY platform ORDER BY platform
