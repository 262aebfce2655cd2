/* What clocks show at noon in Greenwich on the 20th of July 2027, and as which user this runs. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    time_t noon = 1816084800;
    char shown[40];

    strftime(shown, sizeof shown, "%H:%M %Z", localtime(&noon));
    printf("%s, as user %d\n", shown, (int)geteuid());
}
