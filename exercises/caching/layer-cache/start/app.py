import harbour
import tides

TODAY = "high water at noon"

print(f"{TODAY}, says harbour {harbour.VERSION} with tides {tides.VERSION}")
