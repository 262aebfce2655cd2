# Build the stage `test` as dd-fare:test, and the release as dd-fare:release.

