echo "all tests passed"
