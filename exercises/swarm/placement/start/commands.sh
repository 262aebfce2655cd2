# Who is there, and what is said of the second one?
docker exec dd-quay-1 docker node ls --format '{{.Hostname}} {{.Availability}} {{.ManagerStatus}}'
docker exec dd-quay-1 docker node inspect --format '{{.Spec.Labels}}' dd-quay-2

# The archive, the watch, and the quay that is to be mended
