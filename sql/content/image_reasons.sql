-- A row is a status of pictures with its reason, and how many have it.
SELECT coalesce(reason, status) AS reason, count(*) AS pictures
FROM content.images
GROUP BY ALL
ORDER BY pictures DESC, reason
