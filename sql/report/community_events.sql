-- A row is one of the last 12 events per platform in the lives of its communities, newest first, the
-- larger community first. That it was there when the platform was first seen is no event.
SELECT platform, week_start, community_id, event, other_ids, other_sizes, size_before, size_after
FROM graph.community_events
WHERE event <> 'first_seen'
QUALIFY
    row_number() OVER (
        PARTITION BY platform
        ORDER BY week_start DESC, coalesce(size_after, size_before) DESC, community_id, event
    ) <= 12
ORDER BY platform, week_start DESC, coalesce(size_after, size_before) DESC, community_id, event
