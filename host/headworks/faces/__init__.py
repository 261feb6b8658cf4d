"""What people see: words for reasons, tables, and the client of the station's socket."""
