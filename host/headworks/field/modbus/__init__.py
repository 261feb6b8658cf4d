"""Modbus client links and server, with late replies, silence and resynchronising handled once."""
