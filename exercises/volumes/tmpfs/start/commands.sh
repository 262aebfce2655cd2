# 1. The container dd-gate, with a folder in memory

# 2. The code $CODE
