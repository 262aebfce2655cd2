#!/bin/sh
# Waits for a slow service. That needs no processor.
sleep 2
echo 'How to read a chart, in 40 pages'
