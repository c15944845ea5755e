-- A row is a picture or video of a post.
SELECT platform, post_id, media_id FROM core.media
