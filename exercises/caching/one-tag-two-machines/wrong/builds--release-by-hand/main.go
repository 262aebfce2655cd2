package main

const release = "1.1"

func main() {
	println("beacon " + release + ": two flashes every ten seconds")
}
