"""Hardware as data: reads boards/ into profiles. A new device is a file, never code here."""
