/* tides PORT DAY: when the water is highest at a port, so many days from today. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release.h"

#define PORTS "ports.txt"
#define DAY (24 * 60)
#define LATER 50 /* minutes, each day */

int main(int argc, char **argv)
{
    char name[40];
    int minutes;
    FILE *ports;

    if (argc != 3) {
        fprintf(stderr, "usage: tides PORT DAY\n");
        return 2;
    }
    if (!(ports = fopen(PORTS, "r"))) {
        perror("tides: " PORTS);
        return 1;
    }
    while (fscanf(ports, "%39s %d", name, &minutes) == 2) {
        if (strcmp(name, argv[1]) == 0) {
            minutes = (minutes + LATER * atoi(argv[2])) % DAY;
            printf("%s, day %s: %02d:%02d (release %s)\n", name, argv[2], minutes / 60, minutes % 60, RELEASE);
            return 0;
        }
    }
    fprintf(stderr, "tides: no port called %s\n", argv[1]);
    return 1;
}
