/* belay: --every 10 --children leave */
/* The same of a child that nobody traces: it is ended where its parent goes back. */
#include "vfork-waits.c"
