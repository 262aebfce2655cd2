group "default" {
  targets = ["test", "release"]
}

target "test" {
  target = "test"
  tags   = ["dd-fare:test"]
}

target "release" {
  tags = ["dd-fare:release"]
}
