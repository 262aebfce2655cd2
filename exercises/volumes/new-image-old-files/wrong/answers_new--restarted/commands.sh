docker restart -t 0 dd-notices
