"""What `tools/bench` is made of: a peer, baselines, cases and a table."""
