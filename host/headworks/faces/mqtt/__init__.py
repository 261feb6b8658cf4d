"""The station on a broker of messages (MQTT 5), in a process of its own. See TOPICS.md.

`topics` and `discovery` say what is published, `orders` judges commands, `marks` keeps which were
taken; `bridge` brings them to `broker`, the connection. Decides nothing about racks.
"""
