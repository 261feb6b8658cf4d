"""From site.toml to a checked, frozen Site, every mistake with its line and a way out."""
