# For the crew alone: runs each test of this folder, and fails where one of them has failed.
failed=0
for test in tests/*_test.sh; do
    if sh "$test"; then
        echo "ok   $test"
    else
        echo "FAIL $test"
        failed=1
    fi
done
exit $failed
