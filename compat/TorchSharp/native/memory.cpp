// Tensors come and go by the thousand. glibc would give every large one back to the system and fault it in again, page by page:
// on a CPU that is up to half of a forward pass. It is told to keep what it has.
#include <cstdlib>
#if defined(__GLIBC__)
#include <malloc.h>

namespace {
struct KeepFreedMemory {
    KeepFreedMemory() {
        mallopt(M_MMAP_THRESHOLD, 1 << 30);
        mallopt(M_TRIM_THRESHOLD, 0x7fffffff);
        mallopt(M_ARENA_MAX, 1);
    }
} keep_freed_memory;
}
#endif
