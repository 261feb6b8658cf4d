"""Provisioning and updating of sensor boards. Talks to no running station by itself."""
