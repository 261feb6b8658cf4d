"""Alarms to a webhook, in a process of its own, at least once each. See NOTIFY.md.

`alarms` says which events are told, `webhook` sends one, `work` keeps them on disk (`outbox`) and
sends them in their order.
"""
