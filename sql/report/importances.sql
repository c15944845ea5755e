-- A row is a driver: one of the 15 features that move the predictions of a platform and
-- target the most, as a mean over the algorithms; direction is weighted by the share.
WITH drivers AS (
    SELECT
        platform,
        target,
        feature,
        sum(mean_abs_shap) AS total_shap,
        sum(share) AS total_share,
        -- NULL where no algorithm states a direction, as for an embedding.
        sum(direction * share) / nullif(sum(share) FILTER (direction IS NOT NULL), 0) AS direction
    FROM models.importances
    GROUP BY platform, target, feature
),
algorithms AS (
    SELECT platform, target, count(DISTINCT algorithm) AS algorithms
    FROM models.importances
    GROUP BY platform, target
)
SELECT
    platform,
    target,
    feature,
    -- A feature that one algorithm does not use counts 0 there.
    total_shap / algorithms AS mean_abs_shap,
    total_share / algorithms AS share,
    direction,
    algorithms
FROM drivers
JOIN algorithms USING (platform, target)
QUALIFY row_number() OVER (PARTITION BY platform, target ORDER BY share DESC, feature) <= 15
ORDER BY platform, target, share DESC, feature
