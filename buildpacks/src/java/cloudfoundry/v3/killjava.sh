#!/bin/bash
# Started by a virtual machine that has run out of memory: says how the container fares, and ends the machine, so that
# the platform starts another instance.

report() {
  printf '\n%s: processes\n' "$1"; ps -ef
  printf '\n%s: limits\n' "$1"; ulimit -a
  printf '\n%s: disk\n' "$1"; df -h
}

report 'Out of memory'
pkill -KILL -f -- '-XX:OnOutOfMemoryError=[^ ]*killjava'
report 'Virtual machine ended'
