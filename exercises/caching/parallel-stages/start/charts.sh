#!/bin/sh
# Waits for a slow service. That needs no processor.
sleep 2
echo 'Husum: chart 47, the buoy H2 was moved'
