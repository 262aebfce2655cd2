docker run --detach --name dd-gate --volume /run/gate busybox:1.37 sleep 1d
