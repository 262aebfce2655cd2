#define RELEASE "1.4"
