"""Who may act, and as what: people, programs, their passwords, PINs and tokens.

Page, console and MQTT share it; it knows none of them.
"""
