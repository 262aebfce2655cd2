# For the cells of the lesson "What invalidates". Its folder is dd-demo-recipe, a copy of files/recipe.

# Make the folder anew, with a stamp that was never built before, and build it.
fresh() {
    rm -rf dd-demo-recipe && cp -r files/recipe dd-demo-recipe
    echo "$RANDOM $RANDOM $RANDOM $RANDOM" > dd-demo-recipe/stamp.txt
    steps "$@" > /dev/null
}

# Build the folder, and say of each step whether it ran or was reused. No image is made of it: here the steps count.
steps() {
    docker build --progress=plain --output type=cacheonly "$@" dd-demo-recipe 2>&1 | awk '
        /^#[0-9]+ \[/ && !/\[internal\]|FROM/ { step[$1] = substr($0, length($1) + 2) }
        /^#[0-9]+ (CACHED|DONE)/ && $1 in step { print "  " step[$1] ": " ($2 == "CACHED" ? "reused" : "ran") }' | sort
}
