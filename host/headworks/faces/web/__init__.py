"""The status page and its JSON API: a process of its own, a client of the station's socket."""
