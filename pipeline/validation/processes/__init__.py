"""Documents looked into by processes of their own, so that one document can harm only itself.

`pool` lends a batch to a `worker_process`, which speaks by `wire` with a `worker` in another
process that keeps to `limits`.
"""
