#define RELEASE "1.5"
