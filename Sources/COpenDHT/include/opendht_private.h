/* Between the library's C and its Swift; not installed. */
#ifndef OPENDHT_PRIVATE_H
#define OPENDHT_PRIVATE_H
#include <stddef.h>

/** Bytes of each buffer, terminators included. */
#define OPENDHT_DIGITS_SIZE 65
#define OPENDHT_ERROR_SIZE 512

/** Where this thread's last printed hash stands. */
char *opendht_hash_buffer(void);
/** Where this thread's last printed long id stands. */
char *opendht_pkid_buffer(void);
/** Where the reason of this thread's last failure stands. */
char *opendht_error_buffer(void);
#endif
