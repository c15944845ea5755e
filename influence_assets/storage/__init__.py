"""The only code that connects to the warehouse, writes to it or waits for its lock."""
