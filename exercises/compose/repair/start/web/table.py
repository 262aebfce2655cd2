"""Works out when the water is high, for each day of a month, and prints it as JSON: {"1": "04:11", …}."""

import json

FIRST, LATER = 4 * 60 + 11, 50
HALF = 12 * 60 + 25


def high_water(day: int) -> str:
    """The first high water of a day: each comes 50 minutes later than the day before."""
    minutes = (FIRST + (day - 1) * LATER) % HALF
    return f"{minutes // 60:02}:{minutes % 60:02}"


print(json.dumps({str(day): high_water(day) for day in range(1, 32)}))
