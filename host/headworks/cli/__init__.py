"""The headworks command, one module a subcommand. The only place that imports everything."""
