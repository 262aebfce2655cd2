"""Puts a title above a text."""


def around(title, text):
    return f"{title}\n{'=' * len(title)}\n{text}"
