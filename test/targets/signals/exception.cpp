/* C++: an exception that nobody catches; afterwards throwing and catching work as ever. */
#include "../target.h"
#include <stdexcept>
#include <string>
#include <vector>

int main() {
  struct tjmp why;
  std::vector<std::string> names(1000, "a name that is too long to be stored in place");
  CHECK(tforget(point(NULL)) == 0);
  CHECK(freopen("/dev/null", "w", stderr) != NULL);
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    names.clear();
    throw std::runtime_error("nobody catches this");
  }
  CHECK(cd == 2 && why.cause == TJMP_SIGNAL && why.signo == SIGABRT);
  CHECK(names.size() == 1000 && names.at(999).size() == 45);
  try {
    names.at(1000).clear();
    fail("no exception");
  } catch (const std::out_of_range &) {
    return ok();
  }
}
