"""One module per step: a frozen dataclass that turns an item into the next; it knows no queue."""
