import harbour
import tides

print(f"high water at noon, says harbour {harbour.VERSION} with tides {tides.VERSION}")
