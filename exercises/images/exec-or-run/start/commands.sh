# 1. Where is the page? It must show $NOTICE, without a restart of dd-live.
docker port dd-live

# 2. A second container, dd-fresh, from the same image.
