"""Makes page.html of menu.csv, in the directory it is started in."""

import csv
import html

with open("menu.csv", encoding="utf-8", newline="") as file:
    dishes = list(csv.reader(file))
rows = "".join(f"<tr><td>{html.escape(dish)}</td><td>{html.escape(price)}</td></tr>\n" for dish, price in dishes)
with open("page.html", "w", encoding="utf-8") as file:
    file.write(f"<!doctype html>\n<title>Menu</title>\n<h1>Menu</h1>\n<table>\n{rows}</table>\n")
print(f"make_page.py: {len(dishes)} dishes")
