-- A row is a trained model that is still in use or waiting for it.
SELECT
    platform, target, algorithm, status, trained_from, trained_to, training_rows,
    len(features) AS features, model_id
FROM models.registry
WHERE status <> 'retired'
ORDER BY platform, target, status, algorithm, model_id
