"""The languages of the page, one TOML file each; whoever tells alarms takes their English words."""
