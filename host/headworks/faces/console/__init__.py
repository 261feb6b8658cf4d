"""The console for a terminal or a serial cable: a client of the station's socket."""
