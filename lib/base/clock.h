/* Seconds of a clock that does not go back. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double clock_now(void);

#endif
