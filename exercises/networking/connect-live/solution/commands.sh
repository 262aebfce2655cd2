docker network connect --alias barograph dd-shore dd-recorder
