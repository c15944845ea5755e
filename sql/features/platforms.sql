-- A row is a platform that has posts, with their number.
SELECT platform, count(*) AS posts FROM core.posts GROUP BY platform ORDER BY platform
