#!/bin/sh
harbour --bind 0.0.0.0:5000 app:application
echo ended
