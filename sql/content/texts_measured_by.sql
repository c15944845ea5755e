-- A row is a way in which rows of content.texts were measured: there is one, or none.
SELECT DISTINCT measured_by FROM content.texts
