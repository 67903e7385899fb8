// Counts the heap allocations of a program: LD_PRELOAD=count-allocations.so allocations
//
// Stands before the C library's malloc and hands on to it, so that whatever Swift, SwiftNIO and the system's libraries
// take from the heap is seen, on every thread. The program asks for the count by name:
//
//     unsigned long long allocations_counted(void)
//
// A realloc counts as one allocation, since it may move; a free counts for nothing. For the GNU C library.
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_ullong counted;

static void count(void) { atomic_fetch_add_explicit(&counted, 1, memory_order_relaxed); }

unsigned long long allocations_counted(void) { return atomic_load(&counted); }

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count();
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  count();
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}
