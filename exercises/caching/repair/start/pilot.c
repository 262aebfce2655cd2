#include <stdio.h>
#include <string.h>

#define RELEASE "1.0"

int main(int count, char **words) {
    char line[200], port[100];
    FILE *charts = fopen("charts.dat", "r");
    if (!charts) {
        fprintf(stderr, "pilot: there is no charts.dat in this folder\n");
        return 1;
    }
    while (count > 1 && fgets(line, sizeof line, charts))
        if (sscanf(line, "%99s", port) == 1 && !strcmp(port, words[1])) {
            printf("release %s: %s", RELEASE, line);
            return 0;
        }
    fprintf(stderr, "pilot: which port?\n");
    return 1;
}
