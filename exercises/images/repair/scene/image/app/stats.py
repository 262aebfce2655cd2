"""Keep 64 MB of numbers in memory and tell about them on port 8000."""

from serve import serve

print("loading the numbers", flush=True)
numbers = b"1" * (64 << 20)
print("ready", flush=True)
serve(8000, f"{len(numbers)} numbers\n")
