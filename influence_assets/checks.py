"""Asset checks that look at several rows or tables; each table's own contract is in `shell`."""

import dagster as dg

from influence_assets.assets.shell import POOL
from influence_assets.resources import WarehouseResource
from influence_assets.storage.reconcile import all_faults


@dg.asset_check(asset=["raw", "files"], name="rows_add_up", pool=POOL, blocking=True)
def rows_add_up(warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """Rows in = rows good + rows quarantined for each file, counted in the tables themselves.

    Besides: no record is good and quarantined at once, or there twice, and no row is of a file
    that was refused, skipped, superseded, or that the ledger does not know.
    """
    with warehouse.open().connect() as connection:
        wrong = all_faults(connection)
        files = connection.execute("SELECT count(*) FROM raw.files").fetchone() or (0,)
    return dg.AssetCheckResult(
        passed=not wrong,
        metadata={
            "files": files[0],
            "files_that_do_not_add_up": len(wrong),
            "first": "; ".join(f"{fault.path}: {fault.problem}" for fault in wrong[:5]),
        },
    )


@dg.asset_check(asset=["features", "popularity"], name="no_peeking", pool=POOL, blocking=True)
def no_peeking(warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """No feature of a post uses what became known after it was published."""
    with warehouse.open().connect() as connection:
        rows = connection.execute(
            """
            SELECT count(*), count(*) FILTER (
                history_available_at > posted_at OR graph_available_at > posted_at)
            FROM features.popularity
            """
        ).fetchone() or (0, 0)
    return dg.AssetCheckResult(
        passed=rows[1] == 0, metadata={"posts": rows[0], "posts_that_peek": rows[1]}
    )


ALL_CHECKS = (rows_add_up, no_peeking)
