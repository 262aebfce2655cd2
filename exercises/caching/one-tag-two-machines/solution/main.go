package main

const release = "1.0"

func main() {
	println("beacon " + release + ": two flashes every ten seconds")
}
