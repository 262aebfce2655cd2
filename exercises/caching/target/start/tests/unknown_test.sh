# For the crew alone: a stop that nobody knows is an error.
! sh fare.sh Atlantis 2>/dev/null
