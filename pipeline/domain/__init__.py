"""Values and rules of the product: no I/O, no third party, no asyncio."""
