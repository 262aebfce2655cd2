# For the crew alone: the price to the lighthouse is agreed with its warden.
[ "$(sh fare.sh Lighthouse)" = "Lighthouse 4.20" ]
