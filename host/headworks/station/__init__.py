"""The running controller: process image, scan loop, outputs, watchdog, socket."""
