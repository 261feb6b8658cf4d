"""The decision: pure functions without clock, I/O, asyncio or logging; imports the model only."""
