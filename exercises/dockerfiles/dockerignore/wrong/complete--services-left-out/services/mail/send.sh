echo "Your parcel is on its way." # mail goes out here
