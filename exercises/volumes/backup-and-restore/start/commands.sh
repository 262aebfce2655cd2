# 1. The backup, into the folder `today` of the volume dd-safe, while the clerk works

# 2. The volume dd-restored-data, from this backup

# 3. The database dd-restored, with its data in this volume
