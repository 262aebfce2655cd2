docker buildx bake --load
