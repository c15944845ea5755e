-- A row is one score of one predictor under one protocol, with its bootstrap interval:
-- T (later posts) before C (new authors) before R (a random fifth).
SELECT
    platform, target, maturity_hours, protocol, algorithm, is_baseline, metric, value, ci_low, ci_high,
    train_rows, test_rows, test_authors
FROM models.evaluations
ORDER BY
    platform, target, maturity_hours,
    list_position(['T', 'C', 'R'], protocol) NULLS LAST, protocol,
    metric, is_baseline, algorithm
