"""The fixed plain-Python loop that one scan is compared with. Never change it."""

ROUNDS = 1000


def plain_loop() -> float:
    """A thousand rounds of compare, multiply and add on floats, as an interpreter does them."""
    total = 0.0
    for step in range(ROUNDS):
        value = step * 0.5
        if value > total:
            total += value
        else:
            total -= 1.0
    return total
