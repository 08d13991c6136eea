// What glibc has only in versions newer than some machines that the release is to run on.
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

// glibc 2.36; libstdc++'s random_device is what names it.
uint32_t arc4random(void) {
    uint32_t number;
    if (getentropy(&number, sizeof number) != 0) abort();
    return number;
}
