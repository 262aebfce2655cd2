docker tag dd-stranger:1.0 dd-stranger:mine
