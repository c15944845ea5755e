-- A row is a platform that has posts.
SELECT DISTINCT platform FROM core.posts ORDER BY platform
