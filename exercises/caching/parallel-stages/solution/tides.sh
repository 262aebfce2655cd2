#!/bin/sh
# Waits for a slow service. That needs no processor.
sleep 2
echo 'Husum: high water 04:20, 16:44'
