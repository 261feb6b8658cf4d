"""Outside signals: setpoint registers, dry contacts, weekly schedules."""
