docker history dd-stranger:1.0
