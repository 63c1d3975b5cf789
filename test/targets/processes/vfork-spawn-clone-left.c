/* belay: --children leave */
/* The same of children that are let go of at once. */
#include "vfork-spawn-clone.c"
