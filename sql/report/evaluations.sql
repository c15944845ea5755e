-- A row is one score of one predictor under one protocol, with its bootstrap interval.
SELECT
    platform, target, protocol, algorithm, is_baseline, metric, value, ci_low, ci_high,
    train_rows, test_rows, test_authors
FROM models.evaluations
ORDER BY platform, target, protocol DESC, metric, is_baseline, algorithm
