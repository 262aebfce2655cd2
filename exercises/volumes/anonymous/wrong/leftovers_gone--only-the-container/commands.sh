docker rm --volumes dd-weigh-old
