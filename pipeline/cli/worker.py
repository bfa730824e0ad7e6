"""``dossierpost worker``: what the supervisor of ``dossierpost run`` starts; not for people."""

from pipeline.cli.session import load_settings, run_logged


def command(number: int, count: int) -> None:
    """Work on the dossiers of one of several shards, for a supervisor at standard input."""
    from pipeline.app.garbage import hold_collector
    from pipeline.app.heap import keep_large_blocks_apart
    from pipeline.app.imports import leave_out_rich

    hold_collector()
    keep_large_blocks_apart()
    leave_out_rich()
    from pipeline.app.workers.worker import run_worker
    from pipeline.domain.shards import Shard

    settings = load_settings()

    async def main() -> int:
        return await run_worker(settings, Shard(number, count))

    run_logged(main, settings)
