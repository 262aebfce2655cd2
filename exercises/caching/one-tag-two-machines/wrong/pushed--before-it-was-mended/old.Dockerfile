FROM golang:1.24 AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -o /beacon .

FROM scratch
COPY --from=build /beacon /beacon
ENTRYPOINT ["/beacon"]
