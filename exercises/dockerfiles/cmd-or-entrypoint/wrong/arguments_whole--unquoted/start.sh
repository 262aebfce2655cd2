#!/bin/sh
exec convert $@
