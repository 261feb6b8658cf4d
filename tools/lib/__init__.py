"""What tools/demo and tools/check need before anything is installed: the standard library only."""
