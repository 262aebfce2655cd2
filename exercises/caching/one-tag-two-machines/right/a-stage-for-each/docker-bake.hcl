variable "REGISTRY" {}
target "default" {
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${REGISTRY}/dd-beacon:1.0"]
}
